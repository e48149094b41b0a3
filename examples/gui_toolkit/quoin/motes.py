"""Motes: what can be perched on a slab."""

from quoin.errors import QuoinError


class Mote:
    """A thing with a size that draws itself as lines of text.

    `breadth` is its width in characters, `heft` its height in lines. A mote is `dim` while it must not be used: it is still
    drawn, in round brackets where it would be in square ones, and nudging it does nothing.
    """

    def __init__(self, breadth, heft=1):
        """Give the mote its size; both must be 1 or more."""
        if breadth < 1 or heft < 1:
            raise QuoinError(f"a mote of {breadth} by {heft} cannot be seen")
        self.breadth = breadth
        self.heft = heft
        self.dim = False

    @property
    def text(self):
        """What the mote says, without what is drawn around it."""
        return ""

    def lines(self, breadth, heft):
        """Return the mote as `heft` lines of `breadth` characters, which may be more than its own size."""
        raise NotImplementedError

    def feel(self):
        """Take a nudge. A mote that does nothing with it ignores it."""

    def _framed(self, shown, breadth, heft):
        middle = heft // 2
        return [shown.ljust(breadth) if number == middle else " " * breadth for number in range(heft)]


class Sigil(Mote):
    """A text that the program can change with `etch`, and that the person cannot.

    `lean` is "left" or "right": where a text stands that is shorter than the place. One that is longer is cut, and ends or,
    leaning right, begins with "~".
    """

    def __init__(self, text="", breadth=None, lean="left"):
        """Show a text; without a `breadth` the place is as wide as the text is now."""
        if lean not in ("left", "right"):
            raise QuoinError(f"a sigil leans left or right, not {lean}")
        super().__init__(breadth or max(1, len(text)))
        self.lean = lean
        self._text = text

    @property
    def text(self):
        """The whole text, also where a part of it is cut off on the slab."""
        return self._text

    def etch(self, text):
        """Show another text in place of this one, and return the sigil."""
        if "\n" in text:
            raise QuoinError("a sigil is one line")
        self._text = text
        return self

    def lines(self, breadth, heft):
        """Return the text, cut or filled up to its place."""
        text = self._text
        if len(text) > breadth:
            text = text[: breadth - 1] + "~" if self.lean == "left" else "~" + text[len(text) - breadth + 1 :]
        return self._framed(text.rjust(breadth) if self.lean == "right" else text, breadth, heft)


class Knurl(Mote):
    """Something to nudge. It is drawn as `[text]`, or `(text)` while it is dim.

    `on_nudge` is called with the knurl itself, so that one function can serve many of them and ask for `knurl.text`.
    """

    def __init__(self, text, on_nudge, breadth=None):
        """Show a text; `on_nudge` is a function of one argument."""
        if not callable(on_nudge):
            raise QuoinError(f"the knurl {text!r} needs a function, not {on_nudge!r}")
        super().__init__(breadth or len(text) + 2)
        self._text = text
        self._on_nudge = on_nudge
        self.nudges = 0

    @property
    def text(self):
        """What stands between the brackets."""
        return self._text

    def feel(self):
        """Call the function, unless the knurl is dim."""
        if not self.dim:
            self.nudges += 1
            self._on_nudge(self)

    def lines(self, breadth, heft):
        """Return the text in the middle of its place, in brackets."""
        left, right = "()" if self.dim else "[]"
        return self._framed(left + self._text[: breadth - 2].center(breadth - 2) + right, breadth, heft)


class Trough(Mote):
    """A place that collects characters, at most `room` of them. It is drawn as `|text___|`."""

    def __init__(self, room):
        """Begin empty."""
        super().__init__(room + 2)
        self.room = room
        self._held = ""

    @property
    def text(self):
        """What was poured in and not drained yet."""
        return self._held

    def pour(self, text):
        """Add characters at the end as far as there is room, and return how many fitted; none do while it is dim."""
        fitting = "" if self.dim else text[: self.room - len(self._held)]
        self._held += fitting
        return len(fitting)

    def drain(self, count=None):
        """Take the last `count` characters out, all of them without a count, and return them."""
        count = len(self._held) if count is None else min(count, len(self._held))
        kept = len(self._held) - count
        taken, self._held = self._held[kept:], self._held[:kept]
        return taken

    def lines(self, breadth, heft):
        """Return what is held, and a line for what could be."""
        return self._framed("|" + self._held.ljust(breadth - 2, "_") + "|", breadth, heft)
