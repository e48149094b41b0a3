"""What the context is made of: tokens by directory and file, and what was left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from repo_index.frame import quote_path
from repo_index.snapshot import SkippedFile


class Counted(Protocol):
    """A file that knows what it costs: a `SourceFile` or a `Document`."""

    @property
    def path(self) -> PurePosixPath:
        """Path inside the repository."""
        ...

    @property
    def n_tokens(self) -> int:
        """What the file costs in a prompt."""
        ...


@dataclass(frozen=True, slots=True)
class TokenTree:
    """A directory or file and its tokens. `children` is empty for a file; the largest child comes first.

    `share` is the part of the whole tree's tokens, 0 to 1; the root has the path `.`.
    """

    path: PurePosixPath
    n_tokens: int
    n_files: int
    share: float
    children: tuple["TokenTree", ...] = ()

    @classmethod
    def of(cls, files: Iterable[Counted]) -> "TokenTree":
        """Add files up along their directories."""
        counts: dict[tuple[str, ...], int] = {}
        paths: dict[tuple[str, ...], PurePosixPath] = {}
        for file in files:
            parts = file.path.parts
            counts[parts], paths[parts] = file.n_tokens, file.path
        whole = sum(counts.values())
        below: dict[tuple[str, ...], list[tuple[str, ...]]] = {(): []}
        for parts in counts:
            child, is_new = parts, True
            while is_new and child:
                parent = child[:-1]
                is_new = parent not in below
                below.setdefault(parent, []).append(child)
                child = parent
        done: dict[tuple[str, ...], TokenTree] = {}
        # Deepest first, so that children stand before their parent is added up; recursion would end at deep trees.
        for parts in sorted(counts.keys() | below.keys(), key=len, reverse=True):
            children = sorted((done[child] for child in below.get(parts, ())), key=_by_size)
            n_tokens = counts.get(parts, 0) + sum(child.n_tokens for child in children)
            n_files = (parts in counts) + sum(child.n_files for child in children)
            share = n_tokens / whole if whole else 0.0
            done[parts] = cls(paths.get(parts) or PurePosixPath(*parts), n_tokens, n_files, share, tuple(children))
        return done[()]

    @property
    def label(self) -> str:
        """The path on one printable line; a directory ends in `/`."""
        return quote_path(self.path) + ("/" if self.children else "")

    def biggest(self, n: int) -> list["TokenTree"]:
        """Return up to `n` directories or files that share no file and say where the tokens are.

        A directory that holds more than half of everything says little, so what is in it stands for it.
        """
        nodes = sorted(self.children, key=_by_size)
        while (largest := next((node for node in nodes if node.children), None)) and (
            len(nodes) < n or largest.share > 0.5
        ):
            nodes.remove(largest)
            nodes = sorted((*nodes, *largest.children), key=_by_size)
        return nodes[:n]

    def walk(self) -> Iterator["TokenTree"]:
        """Yield this node and all below it, each directory before its content, the largest first."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files that are left out for one reason, by path."""

    reason: str
    files: tuple[SkippedFile, ...]

    @classmethod
    def group(cls, skipped: Iterable[SkippedFile]) -> list["LeftOut"]:
        """Put files of one reason together, the reason of most files first; figures in a reason do not tell apart."""
        groups: dict[str, list[SkippedFile]] = {}
        for file in skipped:
            groups.setdefault(file.reason.partition(" (")[0], []).append(file)
        ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
        return [cls(reason, tuple(files)) for reason, files in ordered]


@dataclass(frozen=True, slots=True)
class ContextReport:
    """Where a prompt's tokens go. `n_frame_tokens` are those of system text, chat, task and chat frame."""

    tree: TokenTree
    n_frame_tokens: int
    skipped: tuple[SkippedFile, ...]

    @property
    def n_tokens(self) -> int:
        """Tokens of the whole prompt."""
        return self.tree.n_tokens + self.n_frame_tokens

    def to_json(self) -> dict[str, Any]:
        """Return values for `json.dumps`. `nodes` is the tree in reading order, without its root."""
        return {
            "n_tokens": self.n_tokens,
            "n_frame_tokens": self.n_frame_tokens,
            "n_files": self.tree.n_files,
            "nodes": [
                {
                    "path": node.label,
                    "kind": "directory" if node.children else "file",
                    "n_tokens": node.n_tokens,
                    "n_files": node.n_files,
                    "share": round(node.share, 6),
                }
                for node in self.tree.walk()
                if node is not self.tree
            ],
            "skipped": [{"path": quote_path(file.path), "reason": file.reason} for file in self.skipped],
        }


def report_context(
    files: Iterable[Counted], skipped: Iterable[SkippedFile], *, n_frame_tokens: int = 0
) -> ContextReport:
    """Build the report of a prompt (`prompt.documents`, `prompt.n_frame_tokens`) or of a snapshot's files."""
    return ContextReport(TokenTree.of(files), n_frame_tokens, tuple(skipped))


def _by_size(node: TokenTree) -> tuple[int, PurePosixPath]:
    return -node.n_tokens, node.path
