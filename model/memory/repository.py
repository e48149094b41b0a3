"""A repository remembered: each file's tokens, read once and kept, and what of them a request attends to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from model.api import Attended, Change, Document, OnProgress, Progress, Shown, Sight
from model.asked import named_paths
from model.decoding import View
from model.memory.index import FileTokens, RepositoryIndex
from model.memory.router import Route, Router
from model.memory.segments import Segmenter
from model.memory.store import TokenStore
from model.memory.working_set import Excerpt, Span, WorkingSet, choose, choose_within, named_first

if TYPE_CHECKING:
    from model.engine import DenseMemory

MIN_BUDGET_TOKENS = 256
# What a diff opens is shown to the model up to so many tokens a file, and up to so many in one answer.
_VIEW_TOKENS = 1_024
_FRAME_TOKENS = 64
MAX_VIEWED_TOKENS = 2_048
# What is new is kept in parts of about so many tokens, so that little is lost if it is broken off.
_PART_TOKENS = 2_000_000

NewView = Callable[[], View | None]
Further = Callable[[Sequence[Shown]], Sequence[int]]


@dataclass(eq=False)
class RoutedMemory:
    """All documents of a repository, of which a request attends to those that its query is routed to.

    What a diff opens besides is appended behind it.
    """

    system: str
    documents: Sequence[Document]
    changes: Sequence[Change]
    index: RepositoryIndex
    n_encoded_files: int  # read anew, not from the store
    index_s: float
    on_progress: OnProgress  # hears what is shown to the model while it writes
    dense: "DenseMemory | None" = None
    route_s: float = 0.0
    n_viewed_tokens: int = 0
    _route: Route | None = None
    _working: WorkingSet | None = None

    @classmethod
    def read(
        cls,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        segmenter: Segmenter,
        store: TokenStore,
        on_progress: OnProgress,
    ) -> "RoutedMemory":
        """Take documents in; those whose content the store has are not read again."""
        started = time.perf_counter()
        index, n_read = read_repository(documents, segmenter, store, on_progress)
        return cls(system, documents, changes, index, n_read, time.perf_counter() - started, on_progress)

    @property
    def n_tokens(self) -> int:
        """Tokens of the window that it takes: the prefix that is attended to, and room for what a diff opens."""
        return self.encoded.n_tokens + MAX_VIEWED_TOKENS

    @property
    def encoded(self) -> "DenseMemory":
        """The working set as the network has it.

        Raises:
            ValueError: it was not encoded yet.

        """
        if self.dense is None:
            raise ValueError("what is attended to was not encoded yet")
        return self.dense

    @property
    def route(self) -> Route:
        """The order in which segments are wanted.

        Raises:
            ValueError: no query was followed yet.

        """
        if self._route is None:
            raise ValueError("there was no query yet")
        return self._route

    @property
    def working(self) -> WorkingSet:
        """What is attended to; nothing before the first query."""
        return self._working or WorkingSet(frozenset(), (), 0)

    def follow(self, router: Router, text: str, budget_tokens: int) -> None:
        """Decide what is attended to; what a text names by its path comes first."""
        started = time.perf_counter()
        self._route = router.route(self.index, self.changes, text)
        named = named_paths(text, self._numbers).old
        order = named_first(self.index, self._route.order, [self._numbers[path] for path in named], budget_tokens // 2)
        self._working = choose(self.index, order, budget_tokens)
        self.route_s = time.perf_counter() - started

    def favoured(self) -> list[str] | None:
        """Return the files in view, those with the best segments first; None where all of the repository is."""
        if len(self.working.segments) == self.index.n_segments:
            return None
        return [self.index.paths[excerpt.file] for excerpt in sorted(self.working.excerpts, key=lambda each: each.best)]

    def shown(self) -> list[Shown]:
        """Return the documents, cut to what is attended to."""
        return [self._excerpt(excerpt) for excerpt in self.working.excerpts]

    def new_view(self, further: Further) -> View:
        """Return what shows a model the rest of each file that its answer opens, as a further message of the user."""
        n_left = MAX_VIEWED_TOKENS

        def view(path: str) -> Sequence[int]:
            nonlocal n_left
            number = self._numbers.get(path)
            if number is None:
                return ()
            seen = {segment for segment in self.working.segments if int(self.index.file_of[segment]) == number}
            budget = min(n_left - _FRAME_TOKENS, _VIEW_TOKENS)
            excerpt = choose_within(self.index, number, self.route.order, budget, seen)
            if not excerpt.spans:
                return ()
            ids = further([self._excerpt(excerpt)])
            n_left -= len(ids)
            self.n_viewed_tokens = max(self.n_viewed_tokens, MAX_VIEWED_TOKENS - n_left)
            self.on_progress(Progress("view", 0, len(ids), path))
            return ids

        return view

    def sights(self, router: Router) -> list[Sight]:
        """Return what is in view, the file with the best segment first, the lines of each in its order."""
        words = self.route.words(self.index, router.lexicon, self.working.segments)
        return [
            self._sight(words, excerpt.file, span)
            for excerpt in sorted(self.working.excerpts, key=lambda each: each.best)
            for span in excerpt.spans
        ]

    def attended(self) -> Attended:
        """Tell what came of it."""
        return Attended(
            n_repository_tokens=len(self.index.ids),
            n_repository_files=len(self.index.paths),
            n_segments=len(self.working.segments),
            n_files=len(self.working.excerpts),
            n_tokens=self.working.n_tokens + self.n_viewed_tokens,
            n_encoded_files=self.n_encoded_files,
            index_bytes=self.index.n_bytes,
            index_s=self.index_s,
            route_s=self.route_s,
        )

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self.index.paths)}

    def _sight(self, words: Mapping[int, list[str]], file: int, span: Span) -> Sight:
        start, end = (int(at) for at in self.index.file_segments[file : file + 2])
        lines = self.index.segment_lines[start:end]
        segments = start + np.flatnonzero((lines[:, 0] >= span[0]) & (lines[:, 1] <= span[1]))
        found = dict.fromkeys(word for segment in segments for word in words.get(int(segment), ()))
        n_tokens = int(self.index.n_segment_tokens[segments].sum())
        return Sight(self.index.paths[file], span[0] + 1, span[1], n_tokens, tuple(found))

    def _excerpt(self, excerpt: Excerpt) -> Shown:
        document = self.documents[excerpt.file]
        return document if excerpt.is_whole else document.excerpt(excerpt.spans)


def no_view() -> None:
    """Show nothing besides: all of the repository is in view."""


def read_repository(
    documents: Sequence[Document], segmenter: Segmenter, store: TokenStore, on_progress: OnProgress
) -> tuple[RepositoryIndex, int]:
    """Return the index of documents, and how many were read anew; the others come from the store.

    What was read is kept, also when this is broken off.
    """
    kept = store.load([document.source for document in documents])
    missing = {document.source: document for document in documents if document.source not in kept}
    total = sum(document.n_tokens for document in missing.values())
    n_read = n_part = 0
    if missing:
        on_progress(Progress("index", 0, total))
    part: dict[str, FileTokens] = {}
    try:
        for source, document in missing.items():
            kept[source] = part[source] = segmenter.cut(document.text())
            n_read += document.n_tokens
            n_part += document.n_tokens
            if n_part > _PART_TOKENS:
                store.save(part)
                part, n_part = {}, 0
                on_progress(Progress("index", n_read, total))
    finally:
        store.save(part)
    if missing:
        on_progress(Progress("index", total, total))
    paths = [str(document.path) for document in documents]
    return RepositoryIndex.of(paths, [kept[document.source] for document in documents]), len(missing)
