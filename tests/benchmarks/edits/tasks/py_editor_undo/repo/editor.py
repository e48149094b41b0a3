"""A text of several lines that can be edited. Lines are counted from 1."""


class EditError(Exception):
    """The text has no such line."""


class Editor:
    """The lines of a text."""

    def __init__(self, text=""):
        self._lines = text.splitlines()

    @property
    def text(self):
        """The whole text."""
        return "".join(line + "\n" for line in self._lines)

    def __len__(self):
        return len(self._lines)

    def line(self, number):
        """Return a line."""
        self._check(number)
        return self._lines[number - 1]

    def append(self, line):
        """Add a line at the end."""
        self._lines.append(line)

    def insert(self, number, line):
        """Add a line before another one."""
        self._check(number)
        self._lines.insert(number - 1, line)

    def delete(self, number):
        """Remove a line, and return it."""
        self._check(number)
        return self._lines.pop(number - 1)

    def replace(self, old, new):
        """Replace all of a word, and return how many there were."""
        if not old:
            raise EditError("there is nothing to replace")
        count = sum(line.count(old) for line in self._lines)
        self._lines = [line.replace(old, new) for line in self._lines]
        return count

    def move(self, number, target):
        """Move a line, so that it has the number `target` then."""
        self._check(number)
        self._check(target)
        line = self._lines.pop(number - 1)
        self._lines.insert(target - 1, line)

    def _check(self, number):
        if not 1 <= number <= len(self._lines):
            raise EditError(f"there is no line {number}")
