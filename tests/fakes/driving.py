"""Drives a decoding step by step, and watches that tokens and text stay in step."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from model.api import Editable, Sampling
from model.constraint import DiffConstraint
from model.correction import Fault, Rewrite
from model.decoding import Decoding
from model.sampler import Sampler
from model.tokenizer import Tokenizer
from model.tree import FileTree
from model.vocabulary import Mask, Vocabulary
from repo_index.text import TextFile
from tests.fakes.logits import Logits


class Watched:
    """A constraint that keeps the whole text as it must stand in front of the model, and looks at every mask."""

    def __init__(self, inner: DiffConstraint) -> None:
        self.inner = inner
        self.vocabulary = inner.vocabulary
        self.written = b""
        self.n_rewrites = 0
        self.n_rewinds = 0

    @property
    def done(self) -> bool:
        return self.inner.done

    def forced(self) -> bytes:
        return self.inner.forced()

    def allowed(self) -> Mask:
        mask = self.inner.allowed()
        assert mask.any(), f"no token may follow {self.written[-300:]!r}"
        return mask

    def advance(self, text: bytes) -> None:
        assert text, "nothing was written"
        assert b"\n" not in text[:-1], "a token goes beyond its line"
        self.written += text
        self.inner.advance(text)

    def take_rewrite(self) -> Rewrite | None:
        rewrite = self.inner.take_rewrite()
        if rewrite:
            self.n_rewrites += 1
            assert self.written.endswith(b"\n")
            lines = self.written.split(b"\n")[:-1]
            dropped = lines[len(lines) - rewrite.n_lines :]
            assert all(line.startswith((b"+", b"-")) for line in dropped), dropped
            kept = lines[: len(lines) - rewrite.n_lines]
            self.written = b"".join(line + b"\n" for line in kept) + rewrite.text
        return rewrite

    def bonuses(self) -> dict[int, float]:
        return self.inner.bonuses()

    def leaving(self) -> list[int]:
        return self.inner.leaving()

    @property
    def is_free(self) -> bool:
        return self.inner.is_free

    def likely(self) -> bytes:
        return self.inner.likely()

    def take_fault(self) -> Fault | None:
        return self.inner.take_fault()

    def take_opened(self) -> str | None:
        return self.inner.take_opened()

    def rewind(self, n_lines: int) -> None:
        self.n_rewinds += 1
        self.inner.rewind(n_lines)
        self.written = b"".join(self.written.splitlines(keepends=True)[:n_lines])

    def text(self) -> str:
        return self.inner.text()


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of it: the diff, the text before the model, and how often the constraint corrected it."""

    diff: str
    written: str
    done: bool
    n_steps: int
    n_rewrites: int


def drive(
    files: dict[str, Sequence[str]],
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    logits: Logits,
    *,
    taken: Sequence[str] = (),
    seed: int = 0,
    temperature: float = 1.0,
    n_steps: int = 200,
    exact: bool = True,
) -> Driven:
    """Decode at most `n_steps` choices. `exact` says that the tokenizer can spell any text."""
    constraint = Watched(DiffConstraint(FileTree(Editable(files, taken), vocabulary)))
    sampler = Sampler(Sampling(temperature=temperature, top_p=1.0, seed=seed))
    decoding = Decoding(tokenizer, sampler, frozenset(), constraint, lambda _text: None)
    ids: list[int] = []
    step = 0
    for step in range(1, n_steps + 1):
        feed = decoding.step(logits(constraint.written))
        if feed is None:
            break
        assert 0 <= feed.n_dropped <= len(ids)
        del ids[len(ids) - feed.n_dropped :]
        ids += feed.ids
        assert feed.ids, "the network must read something to go on"
        assert decoding.n_tokens == len(ids)
        if exact:
            assert _same(vocabulary.spell(ids), constraint.written), step
    written = constraint.written.decode(errors="replace")
    if exact and ids and "\ufffd" not in written:  # tokenizers differ in how they show a piece of a character
        whole = written.removesuffix("```") if decoding.done else written
        assert _same(tokenizer.decode(ids).encode(), whole.encode())
    return Driven(decoding.text(), written, decoding.done, step, constraint.n_rewrites)


def _same(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    return unicodedata.normalize("NFC", one.decode(errors="replace")) == unicodedata.normalize(
        "NFC", other.decode(errors="replace")
    )


def lines_of(files: dict[PurePosixPath, TextFile]) -> dict[str, Sequence[str]]:
    """Return what a constraint is given of a repository."""
    return {str(path): file.lines for path, file in files.items()}


_HEADER = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")


def apply_plainly(diff: str, files: dict[PurePosixPath, TextFile]) -> dict[str, list[str] | None]:
    """Apply the constraint's own diff by its line numbers alone, and check each old line and count on the way.

    Returns the lines of each file that it names, None for one that it deletes.
    """
    lines = diff.split("\n")
    at = 0
    new: dict[str, list[str] | None] = {}
    while at < len(lines) - 1:
        assert lines[at].startswith("diff --git "), lines[at]
        renamed = lines[at + 1].startswith("rename from ")
        if renamed:
            old_name, new_name = lines[at + 1].removeprefix("rename from "), lines[at + 2].removeprefix("rename to ")
            assert lines[at] == f"diff --git a/{old_name} b/{new_name}"
            assert new_name != old_name
            at += 2
        else:
            old_name, new_name = _names(lines[at])
        at += 1
        created, deleted = lines[at] == "new file mode 100644", lines[at] == "deleted file mode 100644"
        at += created or deleted
        old = [] if created else list(files[PurePosixPath(old_name)].lines)
        if at < len(lines) and lines[at].startswith("--- "):
            assert lines[at].removesuffix("\t") == ("--- /dev/null" if created else f"--- a/{old_name}")
            assert lines[at + 1].removesuffix("\t") == ("+++ /dev/null" if deleted else f"+++ b/{new_name}")
            at += 2
        done, result = 0, []
        n_hunks = 0
        while match := _HEADER.fullmatch(lines[at]):
            n_hunks += 1
            old_start, n_old, new_start, n_new = map(int, match.groups())
            start = old_start - (n_old > 0)
            assert start >= done, "hunks overlap or are out of order"
            result += old[done:start]
            assert new_start - (n_new > 0) == len(result)
            done, before, removed, added = start, len(result), [], []
            at += 1
            while n_old or len(result) - before < n_new:
                marker, text = lines[at][:1], lines[at][1:]
                if text.endswith("\r"):
                    text = text.removesuffix("\r")
                    assert text.endswith("\r")
                assert marker in {" ", "-", "+"}, lines[at]
                if marker == " ":
                    removed, added = [], []
                else:
                    (removed if marker == "-" else added).append(text)
                if marker != "+":
                    assert old[done] == text, "an old line is not the file's"
                    done, n_old = done + 1, n_old - 1
                if marker != "-":
                    result.append(text)
                at += 1
                ends_run = lines[at][:1] not in {"-", "+"} or not (n_old or len(result) - before < n_new)
                assert not ends_run or not removed or removed != added, "a run adds what it removes"
            assert result[before:] != old[start:done], "a hunk changes nothing"
        result += old[done:]
        assert deleted or renamed or n_hunks
        assert deleted or created or not n_hunks or result != old, "a file is as it was"
        assert not deleted or not result
        new[old_name if deleted else new_name] = None if deleted else result
        if renamed:
            new[old_name] = None
    return new


def _names(line: str) -> tuple[str, str]:
    both = line.removeprefix("diff --git a/")
    half = (len(both) - 3) // 2
    assert both[:half] == both[half + 3 :], line
    return both[:half], both[half + 3 :]
