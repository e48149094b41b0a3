"""What the model is given: system text, one document for each file, the chat so far and the task."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import PurePosixPath
from string import Template
from typing import Protocol

from repo_index.errors import ContextTooLargeError
from repo_index.frame import cut_lines, frame_file
from repo_index.history import Turn
from repo_index.recency import least_recent_first
from repo_index.report import TokenTree
from repo_index.snapshot import RepoSnapshot, SourceFile, blob_id

INSTRUCTIONS = PurePosixPath("AGENTS.md")


class FrameCounter(Protocol):
    """What is needed of a tokenizer here; the documents were counted when the snapshot was taken."""

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """One file in its frame.

    `blob` names the framed text, not the file's bytes: two files with the same content are two documents, because
    each is shown with its path. `n_tokens` counts exactly what `read` returns.
    """

    path: PurePosixPath
    blob: str
    n_tokens: int
    _file: SourceFile = field(repr=False)

    @classmethod
    def of(cls, file: SourceFile) -> "Document":
        """Frame a file. Nothing is read: a frame around the content's id stands for the frame around the content."""
        return cls(file.path, blob_id(frame_file(file.path, file.blob).encode()), file.n_tokens, file)

    @property
    def source(self) -> str:
        """Git's blob id of the file's bytes."""
        return self._file.blob

    def read(self) -> str:
        """Return the framed text that the model sees.

        Raises:
            StaleSnapshotError: the file is no longer what the snapshot recorded.

        """
        return frame_file(self.path, self.text())

    def text(self) -> str:
        r"""Return the text with `\n` endings, without its frame.

        Raises:
            StaleSnapshotError: the file is no longer what the snapshot recorded.

        """
        return self._file.read()

    def excerpt(self, spans: Sequence[tuple[int, int]]) -> "Excerpt":
        """Return some of the lines in the file's frame, with a mark where others are left out."""
        return Excerpt(self.path, frame_file(self.path, cut_lines(self.text(), spans)))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a file in its frame."""

    path: PurePosixPath
    _framed: str = field(repr=False)

    def read(self) -> str:
        """Return the framed text that the model sees."""
        return self._framed


@dataclass(frozen=True, slots=True)
class Prompt:
    """A whole request, its document boundaries kept. `n_tokens` counts all of it."""

    system: str
    documents: tuple[Document, ...]
    turns: tuple[Turn, ...]
    task: str
    n_tokens: int

    @property
    def n_frame_tokens(self) -> int:
        """Tokens of everything but the documents."""
        return self.n_tokens - sum(document.n_tokens for document in self.documents)

    def check_fits(self, limit: int) -> None:
        """Check that a model can read all of it at once.

        Args:
            limit: tokens that the prompt may have; the caller has taken the answer's share off.

        Raises:
            ContextTooLargeError: it does not fit; the message says what takes the room.

        """
        if self.n_tokens > limit:
            message = _too_large(TokenTree.of(self.documents), self.n_frame_tokens, limit)
            raise ContextTooLargeError(message, n_tokens=self.n_tokens, limit=limit)


def build_prompt(
    snapshot: RepoSnapshot, turns: Sequence[Turn], task: str, tokenizer: FrameCounter, *, in_order: bool = True
) -> Prompt:
    """Put the whole repository, the chat and the task together. Nothing is ever cut.

    A root `AGENTS.md` is shown in the system text instead of among the documents. Those stand in the order of
    their last change, so that what an edit changes is near the end and the model's memory of the rest holds.

    Args:
        snapshot: counted with the same tokenizer.
        turns: the chat so far, oldest first.
        task: what the user wants now.
        tokenizer: counts everything but the documents.
        in_order: whether the order matters; to count, it is not worth reading a history for.

    Raises:
        StaleSnapshotError: `AGENTS.md` changed after the snapshot.

    """
    system = render_system(snapshot)
    documents = tuple(Document.of(file) for file in snapshot.files if file.path != INSTRUCTIONS)
    n_document_tokens = sum(document.n_tokens for document in documents)
    n_frame_tokens = tokenizer.count_frame(system, turns, task)
    n_tokens = n_document_tokens + n_frame_tokens
    if in_order:
        documents = least_recent_first(snapshot.source, documents)
    return Prompt(system, documents, tuple(turns), task, n_tokens)


def fitted(snapshot: RepoSnapshot, prompt: Prompt, limit: int) -> tuple[RepoSnapshot, Prompt]:
    """Leave the files out that wait for room, where only so the whole prompt has at most `limit` tokens."""
    if prompt.n_tokens <= limit:
        return snapshot, prompt
    lean = snapshot.without_waiting()
    kept = {file.path for file in lean.files}
    documents = tuple(document for document in prompt.documents if document.path in kept)
    n_tokens = prompt.n_frame_tokens + sum(document.n_tokens for document in documents)
    if n_tokens > limit:
        return snapshot, prompt
    return lean, replace(prompt, documents=documents, n_tokens=n_tokens)


def render_system(snapshot: RepoSnapshot) -> str:
    """Return the system text, with the project's own `AGENTS.md` where there is one.

    Raises:
        StaleSnapshotError: `AGENTS.md` changed after the snapshot.

    """
    own = next((file for file in snapshot.files if file.path == INSTRUCTIONS), None)
    framed = "" if own is None else _render("instructions.md", file=frame_file(own.path, own.read()).removesuffix("\n"))
    return _render("system.md", instructions=framed)


def render_repair(reason: str, *, on_top: bool = False) -> str:
    """Return the turn that tells the model why its diff was not taken, be that to stand `on_top` of another or not."""
    return _render("repair.md", reason=reason, scope="on top of the one before it" if on_top else "for the whole task")


def render_amend(reason: str) -> str:
    """Return the turn that tells the model what its diff, which stays, leaves to be done."""
    return _render("amend.md", reason=reason)


def _render(template: str, **values: str) -> str:
    """Fill a template of ours; a name it lacks a value for is an error."""
    text = files("repo_index").joinpath("templates", template).read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _too_large(tree: TokenTree, n_frame_tokens: int, limit: int) -> str:
    n_tokens = tree.n_tokens + n_frame_tokens
    lines = [
        f"the prompt has {n_tokens:,} tokens, {n_tokens - limit:,} more than the {limit:,} that fit:",
        f"  {tree.n_tokens:>12,}  in {tree.n_files:,} files",
        f"  {n_frame_tokens:>12,}  in instructions, chat and task",
    ]
    if biggest := tree.biggest(3):
        lines.append("Most of it is in:")
        lines += [f"  {node.n_tokens:>12,}  {node.share:4.0%}  {node.label}" for node in biggest]
    lines.append(
        "Let the model look at the part that the task needs with --attention memory, leave files out with "
        "--exclude PATTERN or .magicodeignore, or choose a model with a longer context with --model."
    )
    return "\n".join(lines)
