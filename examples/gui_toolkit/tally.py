"""A program with quoin: it counts."""

from quoin import Knurl, Sigil, Slab


def build():
    """Return a slab with a number and three knurls below it."""
    shown = Sigil("0", breadth=11, lean="right")

    def change(knurl):
        shown.etch(str(int(shown.text) + (1 if knurl.text == "+1" else -1)))

    def forget(_knurl):
        shown.etch("0")

    slab = Slab(breadth=14, heft=2)
    trellis = slab.trellis(stiles=3)
    trellis.perch(shown, stile=0, rung=0, stiles=3)
    trellis.perch_row(1, Knurl("+1", change), Knurl("-1", change), Knurl("0", forget))
    return slab
