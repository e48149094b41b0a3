"""The memory as an arm: the router that the program ships, over the same blocks as the others."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.memory.index import FileTokens, RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.router import Router
from model.memory.segments import Segmenter
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary
from repo_index.git import Git
from repo_index.past import Change, read_past
from tests.benchmarks.bench_context.corpus import Corpus, File
from tests.benchmarks.bench_context.ranking import Ranking


class Indexer:
    """Turns corpora of one repository into what the router takes; what two commits share is read once."""

    def __init__(self, tokenizer: Tokenizer, path: Path) -> None:
        """Take a model's tokenizer and the repository, bare or not."""
        vocabulary = Vocabulary.from_definition(tokenizer.definition)
        self.lexicon = Lexicon.of(vocabulary)
        self._segmenter = Segmenter(tokenizer, vocabulary)
        self._files: dict[tuple[str, str], FileTokens] = {}
        # The program works in work trees; a clone that shares all objects is one, with nothing checked out.
        self._directory = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", path, self._directory.name], check=True)
        self._git = Git(Path(self._directory.name))

    def index(self, corpus: Corpus) -> RepositoryIndex:
        """Return a corpus with its blocks as segments."""
        return RepositoryIndex.of([file.path for file in corpus.files], [self._read(file) for file in corpus.files])

    def past(self, corpus: Corpus) -> Sequence[Change]:
        """Return the changes up to the corpus' commit."""
        return read_past(self._git, corpus.commit, timeout_s=60)

    def _read(self, file: File) -> FileTokens:
        if file.key not in self._files:
            tokens = self._segmenter.cut("".join(f"{block.text}\n" for block in file.blocks))
            starts = np.array([*(block.first for block in file.blocks), file.blocks[-1].last], dtype=np.int64)
            self._files[file.key] = FileTokens(tokens.ids, tokens.line_starts, starts)
        return self._files[file.key]


class Memory:
    """The router."""

    def __init__(self, tokenizer: Tokenizer, path: Path) -> None:
        """Take what an `Indexer` takes."""
        self._indexer = Indexer(tokenizer, path)
        self._router = Router(tokenizer, self._indexer.lexicon)

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Rank the blocks of a corpus for a task."""
        route = self._router.route(self._indexer.index(corpus), self._indexer.past(corpus), message)
        scores = route.scores.astype(np.float64)
        return Ranking.by_score(scores - scores.min(initial=0.0) + 1e-6)
