"""quoin: a toolkit for small programs on a surface of characters, without a screen.

A program is a `Slab`. On it a `Trellis` gives each `Mote` its place: a `Sigil` shows a text, a `Knurl` does something when
it is nudged, a `Trough` collects characters. `Slab.rime` draws all of it as text, and a `Finger` uses it as a person would:

    tally = Sigil("0", breadth=5)

    def more(_knurl):
        tally.etch(str(int(tally.text) + 1))

    slab = Slab(breadth=9, heft=2)
    slab.trellis(stiles=1).perch(tally, stile=0, rung=0).perch(Knurl("more", more), stile=0, rung=1)
    Finger(slab).nudge("more")
    assert tally.text == "1"

There is no loop to start and nothing to wait for: what a nudge does has happened when the call returns.
"""

from quoin.errors import CrowdedError, QuoinError, UnfoundError
from quoin.finger import Finger
from quoin.motes import Knurl, Mote, Sigil, Trough
from quoin.slab import Slab
from quoin.trellis import Trellis

__all__ = ["CrowdedError", "Finger", "Knurl", "Mote", "QuoinError", "Sigil", "Slab", "Trellis", "Trough", "UnfoundError"]
