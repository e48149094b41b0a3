"""Slabs: what a program is made of."""

from quoin.errors import CrowdedError, QuoinError, UnfoundError
from quoin.trellis import Trellis


class Slab:
    """A surface of `breadth` characters in `heft` lines that holds one trellis."""

    def __init__(self, breadth, heft):
        """Make an empty slab."""
        if breadth < 1 or heft < 1:
            raise QuoinError(f"a slab of {breadth} by {heft} cannot be seen")
        self.breadth = breadth
        self.heft = heft
        self._trellis = None

    def trellis(self, stiles):
        """Make the trellis of this slab and return it, so that motes can be perched on it; a slab has one."""
        if self._trellis is not None:
            raise QuoinError("this slab has a trellis already")
        self._trellis = Trellis(stiles)
        return self._trellis

    @property
    def motes(self):
        """All motes on the slab, in the order in which they were perched."""
        return [] if self._trellis is None else self._trellis.motes

    def plots(self):
        """Return the place of each mote.

        Raises CrowdedError if the trellis is wider or higher than the slab.
        """
        trellis = self._trellis
        if trellis is None:
            return []
        if trellis.breadth > self.breadth or trellis.heft > self.heft:
            raise CrowdedError(
                f"the trellis needs {trellis.breadth} by {trellis.heft}, the slab has {self.breadth} by {self.heft}"
            )
        return trellis.plots()

    def mote_at(self, across, down):
        """Return the mote that the character at a column and a line belongs to; both count from 0.

        Raises UnfoundError if there is none.
        """
        for plot in self.plots():
            if plot.holds(across, down):
                return plot.mote
        raise UnfoundError(f"nothing is perched at {across}, {down}")

    def rime(self):
        """Draw the slab: `heft` lines, each without spaces at its end, joined by newlines."""
        canvas = [[" "] * self.breadth for _ in range(self.heft)]
        for plot in self.plots():
            for down, line in enumerate(plot.mote.lines(plot.breadth, plot.heft)):
                canvas[plot.top + down][plot.left : plot.left + plot.breadth] = line
        return "\n".join("".join(line).rstrip() for line in canvas)
