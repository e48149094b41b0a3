"""Fingers: a person who uses a slab, for tests."""

from quoin.errors import UnfoundError
from quoin.motes import Knurl, Trough


class Finger:
    """Nudges what is on a slab, at the place where it is drawn."""

    def __init__(self, slab):
        """Hold the finger over a slab; nothing is touched yet."""
        self.slab = slab

    def nudge_at(self, across, down):
        """Nudge whatever is drawn at a column and a line, and return it; raises UnfoundError if nothing is there."""
        mote = self.slab.mote_at(across, down)
        mote.feel()
        return mote

    def nudge(self, *texts):
        """Nudge knurls one after the other, each found by its text, in its middle.

        Raises UnfoundError if there is no knurl of that text, or more than one.
        """
        for text in texts:
            plots = [plot for plot in self.slab.plots() if isinstance(plot.mote, Knurl) and plot.mote.text == text]
            if len(plots) != 1:
                raise UnfoundError(f"{len(plots)} knurls say {text!r}")
            (plot,) = plots
            self.nudge_at(plot.left + plot.breadth // 2, plot.top + plot.heft // 2)

    def pour(self, text):
        """Pour a text into the trough of the slab; raises UnfoundError unless there is exactly one."""
        troughs = [mote for mote in self.slab.motes if isinstance(mote, Trough)]
        if len(troughs) != 1:
            raise UnfoundError(f"{len(troughs)} troughs are on the slab")
        return troughs[0].pour(text)

    def read(self, rung=0):
        """Return a line of the slab as it is drawn, counted from 0 from the top, without spaces around it."""
        return self.slab.rime().split("\n")[rung].strip()
