"""Words of code and prose, and how often each block of a corpus has them."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.bench_context.corpus import Corpus, File, FloatArray, IntArray
from tests.benchmarks.bench_context.sparse import bin_sums

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\dA-Za-z_]+")
_STOP_WORDS = """
    a an and are as at be but by for from has have if in into is it its no not of on or s so such t that the their then
    there these they this to was we when which will with you
"""
_STOP = frozenset(_STOP_WORDS.split())


class Vocabulary:
    """Numbers for terms. A word is a term as it stands, lower case, and so is each part of an identifier."""

    def __init__(self) -> None:
        """Begin with no terms."""
        self._numbers: dict[str, int] = {}
        self._terms: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def terms(self, text: str) -> list[int]:
        """Return the terms of a text, in order; stop words of English are none."""
        known = self._terms
        found: list[int] = []
        for word in _WORD.findall(text):
            numbers = known.get(word)
            if numbers is None:
                numbers = known[word] = self._numbers_of(word)
            found += numbers
        return found

    def _numbers_of(self, word: str) -> tuple[int, ...]:
        parts = [part.lower() for part in _PART.findall(word)]
        names = [word.lower(), *parts] if len(parts) > 1 else [word.lower()]
        return tuple(self._numbers.setdefault(_stem(name), len(self._numbers)) for name in names if name not in _STOP)


def _stem(word: str) -> str:
    """Return a word without its plural: Harman's S stemmer."""
    if len(word) > 3 and word.endswith("s"):
        if word.endswith("ies") and word[-4] not in "ae":
            return word[:-3] + "y"
        if word.endswith("es") and word[-3] not in "aeo":
            return word[:-1]
        if word[-2] not in "us":
            return word[:-1]
    return word


@dataclass(frozen=True, slots=True, eq=False)
class _FileTerms:
    terms: NDArray[np.int32]
    counts: NDArray[np.int32]
    sizes: NDArray[np.int32]  # distinct terms of each block


@dataclass(frozen=True, eq=False)
class TermCounts:
    """A sparse matrix of blocks by terms, row after row: `terms`, `counts` (entries,), `starts` (blocks + 1,)."""

    vocabulary: Vocabulary
    terms: NDArray[np.int32]
    counts: FloatArray
    starts: IntArray

    @classmethod
    def join(cls, vocabulary: Vocabulary, files: list[_FileTerms]) -> Self:
        """Stack the rows of files."""
        sizes = np.concatenate([file.sizes for file in files])
        return cls(
            vocabulary,
            np.concatenate([file.terms for file in files]),
            np.concatenate([file.counts for file in files]).astype(np.float64),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )

    @cached_property
    def rows(self) -> IntArray:
        """The block of each entry: (entries,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def lengths(self) -> FloatArray:
        """Terms of each block, path included: (blocks,)."""
        return bin_sums(self.rows, self.counts, len(self.starts) - 1)


class TermIndex:
    """Counts terms in corpora; a file that two of them share is read once, and the last corpus is kept."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.vocabulary = Vocabulary()
        self._files: dict[tuple[str, str], _FileTerms] = {}
        self._last: tuple[Corpus, TermCounts] | None = None

    def counts(self, corpus: Corpus) -> TermCounts:
        """Return the matrix of a corpus. The words of its path stand in each block of a file."""
        if self._last is None or self._last[0] is not corpus:
            files = [self._file(file) for file in corpus.files]
            self._last = corpus, TermCounts.join(self.vocabulary, files)
        return self._last[1]

    def _file(self, file: File) -> _FileTerms:
        found = self._files.get(file.key)
        if found is None:
            path = self.vocabulary.terms(file.path)
            blocks = [Counter(path + self.vocabulary.terms(block.text)) for block in file.blocks]
            n_entries = sum(map(len, blocks))
            found = self._files[file.key] = _FileTerms(
                np.fromiter((term for block in blocks for term in block), np.int32, n_entries),
                np.fromiter((count for block in blocks for count in block.values()), np.int32, n_entries),
                np.fromiter(map(len, blocks), np.int32, len(blocks)),
            )
        return found
