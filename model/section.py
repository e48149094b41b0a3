"""What a diff says about one file: its two paths and its hunks."""

from dataclasses import dataclass, field

from model.hunk import HunkState
from model.lines import FileLines


@dataclass(slots=True)
class FileSection:
    """One file's part of a diff as it is written. None as a path stands for /dev/null."""

    old: str | None
    new: str | None
    lines: FileLines
    hunks: list[HunkState] = field(default_factory=list)

    def render(self) -> str:
        """Return the section with line numbers and counts; a hunk that is not complete is left out."""
        hunks = [hunk for hunk in self.hunks if hunk.may_close]
        if not hunks and self.new is not None:
            return ""
        head = [
            f"diff --git a/{self.old or self.new} b/{self.new or self.old}\n",
            "new file mode 100644\n" if self.old is None else "deleted file mode 100644\n" if self.new is None else "",
        ]
        if hunks:
            head += [f"--- {_side('a', self.old)}\n", f"+++ {_side('b', self.new)}\n"]
        shift = 0
        for hunk in hunks:
            head.append(hunk.render(shift))
            shift += hunk.growth
        return "".join(head)


def _side(prefix: str, path: str | None) -> str:
    """Write a path as git does: where it holds a space, a tab says that it ends."""
    if path is None:
        return "/dev/null"
    return f"{prefix}/{path}\t" if " " in path else f"{prefix}/{path}"
