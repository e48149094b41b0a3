"""Trellises: where motes stand."""

from dataclasses import dataclass

from quoin.errors import CrowdedError, QuoinError
from quoin.motes import Mote


@dataclass(frozen=True)
class Perch:
    """The place of a mote in a trellis: the first stile and rung that it covers, and how many of them."""

    mote: Mote
    stile: int
    rung: int
    stiles: int
    rungs: int

    def covers(self):
        """Return all pairs of stile and rung that belong to the mote."""
        return {
            (stile, rung)
            for stile in range(self.stile, self.stile + self.stiles)
            for rung in range(self.rung, self.rung + self.rungs)
        }


@dataclass(frozen=True)
class Plot:
    """The place of a mote on a slab, in characters from its upper left corner."""

    mote: Mote
    left: int
    top: int
    breadth: int
    heft: int

    def holds(self, across, down):
        """Tell whether a character of the slab belongs to the mote."""
        return self.left <= across < self.left + self.breadth and self.top <= down < self.top + self.heft


class Trellis:
    """Upright stiles and level rungs; motes are perched where they cross.

    Stiles are counted from 0 from the left and rungs from 0 from the top. A stile is as wide as its widest mote, a rung as
    high as its highest, and between two stiles there is a gap of one character. A mote fills the place that it is given.
    """

    def __init__(self, stiles):
        """Make a trellis of so many stiles; there are as many rungs as the motes need."""
        if stiles < 1:
            raise QuoinError("a trellis has a stile at least")
        self.stiles = stiles
        self._perches = []

    def perch(self, mote, stile, rung, *, stiles=1, rungs=1):
        """Give a mote its place, over several stiles or rungs if need be, and return the trellis.

        Raises CrowdedError if the place is outside of the trellis or taken, and if the mote has a place already.
        """
        perch = Perch(mote, stile, rung, stiles, rungs)
        if stile < 0 or rung < 0 or stiles < 1 or rungs < 1 or stile + stiles > self.stiles:
            raise CrowdedError(f"stile {stile} and {stiles} wide is not within {self.stiles} stiles")
        for other in self._perches:
            if other.mote is mote:
                raise CrowdedError(f"{mote.text!r} is perched already")
            if other.covers() & perch.covers():
                raise CrowdedError(f"{mote.text!r} would stand on {other.mote.text!r}")
        self._perches.append(perch)
        return self

    def perch_row(self, rung, *motes):
        """Perch motes beside each other on one rung, from stile 0 on, and return the trellis."""
        for stile, mote in enumerate(motes):
            self.perch(mote, stile, rung)
        return self

    @property
    def motes(self):
        """All motes in the order in which they were perched."""
        return [perch.mote for perch in self._perches]

    @property
    def breadth(self):
        """How many characters wide the whole is."""
        widths = self._stile_widths()
        return sum(widths) + len(widths) - 1

    @property
    def heft(self):
        """How many lines high the whole is."""
        return sum(self._rung_heights())

    def plots(self, left=0, top=0):
        """Return the place of each mote for a trellis whose corner is at `left` and `top`."""
        widths, heights = self._stile_widths(), self._rung_heights()
        return [
            Plot(
                perch.mote,
                left + sum(widths[: perch.stile]) + perch.stile,
                top + sum(heights[: perch.rung]),
                sum(widths[perch.stile : perch.stile + perch.stiles]) + perch.stiles - 1,
                sum(heights[perch.rung : perch.rung + perch.rungs]),
            )
            for perch in self._perches
        ]

    def _stile_widths(self):
        widths = [1] * self.stiles
        for perch in self._perches:
            if perch.stiles == 1:
                widths[perch.stile] = max(widths[perch.stile], perch.mote.breadth)
        for perch in self._perches:
            last = perch.stile + perch.stiles - 1
            missing = perch.mote.breadth - (sum(widths[perch.stile : last + 1]) + perch.stiles - 1)
            widths[last] += max(0, missing)
        return widths

    def _rung_heights(self):
        n_rungs = max((perch.rung + perch.rungs for perch in self._perches), default=0)
        heights = [1] * n_rungs
        for perch in self._perches:
            last = perch.rung + perch.rungs - 1
            missing = perch.mote.heft - sum(heights[perch.rung : last + 1])
            heights[last] += max(0, missing)
        return heights
