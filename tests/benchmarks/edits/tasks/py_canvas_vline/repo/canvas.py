"""Drawings made of characters, for terminals and plain text files."""

EMPTY = " "


class CanvasError(ValueError):
    """Something cannot be drawn."""


class Canvas:
    """A grid of characters. x counts from the left, y from the top, both from 0.

    What lies outside the grid is cut off without a word.
    """

    def __init__(self, width, height, fill=EMPTY):
        if width < 1 or height < 1:
            raise CanvasError("a canvas has at least one cell")
        self._check_ink(fill)
        self.width = width
        self.height = height
        self.fill = fill
        self._cells = [[fill] * width for _ in range(height)]

    # Single cells

    @staticmethod
    def _check_ink(ink):
        if len(ink) != 1 or ink in "\r\n\t":
            raise CanvasError(f"not one character: {ink!r}")

    def contains(self, x, y):
        """Tell whether there is such a cell."""
        return 0 <= x < self.width and 0 <= y < self.height

    def get(self, x, y):
        """Return the character of a cell, or the filling for one outside."""
        if self.contains(x, y):
            return self._cells[y][x]
        return self.fill

    def set(self, x, y, ink):
        """Write a character into a cell."""
        self._check_ink(ink)
        if self.contains(x, y):
            self._cells[y][x] = ink

    # Lines

    def hline(self, x, y, length, ink="-"):
        """Draw a line from a cell to the right."""
        self._check_ink(ink)
        if length < 0:
            raise CanvasError("a line cannot have a negative length")
        for column in range(x, x + length):
            self.set(column, y, ink)

    def hline_dotted(self, x, y, length, ink="-"):
        """Draw every other cell of a line from a cell to the right."""
        self._check_ink(ink)
        if length < 0:
            raise CanvasError("a line cannot have a negative length")
        for column in range(x, x + length, 2):
            self.set(column, y, ink)

    def vline(self, x, y, length, ink="|"):
        """Draw a line from a cell downwards."""
        self._check_ink(ink)
        if length < 0:
            raise CanvasError("a line cannot have a negative length")
        for row in range(y, y + length + 1):
            self.set(x, row, ink)

    def vline_dotted(self, x, y, length, ink="|"):
        """Draw every other cell of a line from a cell downwards."""
        self._check_ink(ink)
        if length < 0:
            raise CanvasError("a line cannot have a negative length")
        for row in range(y, y + length, 2):
            self.set(x, row, ink)

    def diagonal(self, x, y, length, ink="\\"):
        """Draw a line from a cell downwards to the right."""
        self._check_ink(ink)
        if length < 0:
            raise CanvasError("a line cannot have a negative length")
        for step in range(length):
            self.set(x + step, y + step, ink)

    # Areas

    def box(self, x, y, width, height, ink="#"):
        """Fill a rectangle."""
        self._check_ink(ink)
        if width < 0 or height < 0:
            raise CanvasError("a rectangle cannot have a negative size")
        for row in range(y, y + height):
            for column in range(x, x + width):
                self.set(column, row, ink)

    def frame(self, x, y, width, height):
        """Draw the outline of a rectangle, with + in the corners."""
        if width < 2 or height < 2:
            raise CanvasError("a frame is at least two cells wide and high")
        right = x + width - 1
        bottom = y + height - 1
        for column in range(x + 1, right):
            self.set(column, y, "-")
            self.set(column, bottom, "-")
        for row in range(y + 1, bottom):
            self.set(x, row, "|")
            self.set(right, row, "|")
        for column in (x, right):
            for row in (y, bottom):
                self.set(column, row, "+")

    def flood(self, x, y, ink):
        """Replace the character of a cell and of all like it that touch it side to side."""
        self._check_ink(ink)
        if not self.contains(x, y):
            return 0
        old = self._cells[y][x]
        if old == ink:
            return 0
        filled = 0
        waiting = [(x, y)]
        while waiting:
            column, row = waiting.pop()
            if not self.contains(column, row) or self._cells[row][column] != old:
                continue
            self._cells[row][column] = ink
            filled += 1
            waiting.append((column + 1, row))
            waiting.append((column - 1, row))
            waiting.append((column, row + 1))
            waiting.append((column, row - 1))
        return filled

    # Text

    def text(self, x, y, text):
        """Write text from a cell to the right; a newline goes on below the first character."""
        for row, line in enumerate(text.split("\n")):
            for column, ink in enumerate(line):
                self.set(x + column, y + row, ink)

    def text_down(self, x, y, text):
        """Write text from a cell downwards; a newline goes on to the right of the first character."""
        for column, line in enumerate(text.split("\n")):
            for row, ink in enumerate(line):
                self.set(x + column, y + row, ink)

    # The canvas as a whole

    def clear(self):
        """Make all cells as they were in the beginning."""
        for row in range(self.height):
            for column in range(self.width):
                self._cells[row][column] = self.fill

    def paste(self, other, x, y):
        """Lay another canvas over this one; its empty cells let this one show through."""
        for row in range(other.height):
            for column in range(other.width):
                ink = other.get(column, row)
                if ink != other.fill:
                    self.set(x + column, y + row, ink)

    def flipped(self):
        """Return a copy whose left is its right."""
        copy = Canvas(self.width, self.height, self.fill)
        for row in range(self.height):
            for column in range(self.width):
                copy.set(self.width - 1 - column, row, self._cells[row][column])
        return copy

    def turned(self):
        """Return a copy that is turned clockwise by a quarter."""
        copy = Canvas(self.height, self.width, self.fill)
        for row in range(self.height):
            for column in range(self.width):
                copy.set(self.height - 1 - row, column, self._cells[row][column])
        return copy

    def count(self, ink):
        """Return how many cells have a character."""
        return sum(line.count(ink) for line in self._cells)

    def __str__(self):
        return "\n".join("".join(line).rstrip() for line in self._cells)


def bar_chart(values, height, ink="#"):
    """Return a canvas with a bar for each value, the greatest as high as the canvas."""
    if not values:
        raise CanvasError("there is nothing to draw")
    if min(values) < 0:
        raise CanvasError("a bar cannot be negative")
    canvas = Canvas(2 * len(values) - 1, height)
    greatest = max(values) or 1
    for position, value in enumerate(values):
        bar = round(height * value / greatest)
        canvas.box(2 * position, height - bar, 1, bar, ink)
    return canvas
