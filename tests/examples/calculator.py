"""A program with quoin: a calculator. One right answer to `examples/gui_toolkit`, which no model is shown."""

from quoin import Knurl, Sigil, Slab


class Calculator:
    """What the knurls do; operators work from left to right."""

    def __init__(self) -> None:
        self.shown = Sigil("0", breadth=15, lean="right")
        self._clear()

    def _clear(self) -> None:
        self._sum, self._operator, self._fresh = 0.0, "+", True
        self.shown.etch("0")

    def digit(self, knurl: Knurl) -> None:
        typed = "" if self._fresh or self.shown.text == "0" else self.shown.text
        self.shown.etch(typed + knurl.text)
        self._fresh = False

    def operate(self, knurl: Knurl) -> None:
        try:
            number = float(self.shown.text)
            results = {"+": self._sum + number, "-": self._sum - number, "*": self._sum * number}
            self._sum = results[self._operator] if self._operator in results else self._sum / number
        except (ValueError, ZeroDivisionError):
            self._clear()
            self.shown.etch("error")
            return
        self.shown.etch(f"{self._sum:g}")
        self._operator, self._fresh = knurl.text, True
        if knurl.text == "=":
            self._sum, self._operator = 0.0, "+"

    def clear(self, _knurl: Knurl) -> None:
        self._clear()


def build() -> Slab:
    """Return the slab: a number above four rungs of knurls."""
    calculator = Calculator()
    slab = Slab(breadth=15, heft=5)
    trellis = slab.trellis(stiles=4).perch(calculator.shown, stile=0, rung=0, stiles=4)
    for rung, texts in enumerate(("789/", "456*", "123-", "0C=+"), start=1):
        actions = [
            calculator.digit if text.isdigit() else calculator.clear if text == "C" else calculator.operate
            for text in texts
        ]
        trellis.perch_row(rung, *(Knurl(text, action) for text, action in zip(texts, actions, strict=True)))
    return slab
