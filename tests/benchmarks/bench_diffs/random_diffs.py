"""One diff after another under random logits: what is drawn, how it is decoded, and what became of it."""

import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

from agent.editable import editable
from agent.errors import message_of
from agent.proposal import Checker
from model.api import Sampling
from model.constraint import DiffConstraint
from model.decoding import Decoding
from model.sampler import Sampler
from model.tree import FileTree
from repo_index.git import Git
from repo_index.intake import take_snapshot
from tests.benchmarks.bench_diffs import languages
from tests.benchmarks.bench_diffs.generated import Sources, generate
from tests.benchmarks.bench_diffs.judge import Judge, Verdict
from tests.benchmarks.bench_diffs.languages import Language
from tests.benchmarks.bench_diffs.preferences import MANNERS, Leanings, Manner, Whim, noise
from tests.benchmarks.bench_diffs.worktree import Repository, WorkTree
from tests.fakes.driving import Watched

BLOCK = 10  # diffs in a row are written against the same repository
_COMMAND_EVERY = 100
_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """One diff. It is `cut` if its length was used up, and then has its complete hunks; `empty` if it has none.

    The text is kept only where it does not apply.
    """

    number: int
    language: str
    repository: str
    manner: str
    mends: bool  # whether files that do not parse were gone back over, and a task said what is wanted
    cut: bool
    empty: bool
    n_tokens: int
    n_choices: int
    n_rewrites: int
    n_rewinds: int
    decode_s: float
    judge_s: float
    verdict: Verdict
    diff: str = ""
    written: str = ""

    @property
    def applies(self) -> bool:
        """Whether it applied in every way."""
        return not self.verdict.stage

    def values(self) -> dict[str, Any]:
        """Return the fields by name, those of the verdict among them."""
        values = asdict(self)
        verdict: dict[str, Any] = values.pop("verdict")
        return values | verdict


@dataclass(frozen=True, slots=True)
class _Decoded:
    diff: str = ""
    written: str = ""
    done: bool = False
    n_tokens: int = 0
    n_choices: int = 0
    n_rewrites: int = 0
    n_rewinds: int = 0
    error: str = ""


class Site:
    """A repository, the judge of what is written against it, and the trees of what a decoding may write."""

    def __init__(self, name: str, tree: WorkTree) -> None:
        """Read a work tree as the agent does."""
        self.name = name
        snapshot = take_snapshot(Git.discover(tree.root), lambda _text: 0)
        self._edits = {
            mends: editable(Checker(snapshot, lambda _file, _why: True, allow_syntax_errors=not mends))
            for mends in (True, False)
        }
        self.judge = Judge(tree, Checker(snapshot, lambda _file, _why: True, allow_syntax_errors=True))
        self._trees: dict[tuple[str, bool], FileTree] = {}

    @property
    def files(self) -> Mapping[str, Sequence[str]]:
        """The lines of the files that may be changed."""
        return self._edits[True].files

    def file_tree(self, language: Language, *, mends: bool, task: str) -> FileTree:
        """Return what a constraint works with."""
        key = (language.name, mends)
        if key not in self._trees:
            edits = self._edits[mends]
            self._trees[key] = FileTree(edits, language.vocabulary, task if mends else "")
        return self._trees[key]


class Author:
    """Writes diffs by number; the same number gives the same diff for one seed and the same repositories."""

    def __init__(self, seed: int, repositories: Sequence[Repository], scratch: Path) -> None:
        """Load what all diffs need; work trees are made in `scratch`."""
        self._seed = seed
        self._repositories = repositories
        self._scratch = scratch
        self._languages = languages.load()
        self._names = languages.names()
        self._leanings = {name: Leanings(language.vocabulary) for name, language in self._languages.items()}
        self._noise = noise(seed)
        self._sites: dict[str, Site] = {}
        signal.signal(signal.SIGALRM, _out_of_patience)

    def write(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Write the diffs with these numbers, which lie in one block, and judge each."""
        block = numbers[0] // BLOCK
        site = self._site(block)
        task = self._task(site, random.Random(f"{self._seed}/task/{block}"))
        for number in numbers:
            yield self._one(number, site, task)

    def _one(self, number: int, site: Site, task: str) -> Outcome:
        draw = random.Random(f"{self._seed}/diff/{number}")
        language = self._languages[draw.choice(self._names)]
        manner = draw.choice(MANNERS)
        mends = draw.random() < 0.4
        started = time.perf_counter()
        decoded = self._decode(language, manner, site.file_tree(language, mends=mends, task=task), site, draw)
        decode_s = time.perf_counter() - started
        verdict = Verdict(stage="decode", error=decoded.error) if decoded.error else Verdict()
        if decoded.diff and not decoded.error:
            verdict = site.judge.judge(decoded.diff, with_command=number % _COMMAND_EVERY == 0)
        elif decoded.done and not decoded.error:
            verdict = Verdict(stage="decode", error="the answer came to its end without a change")
        return Outcome(
            number,
            language.name,
            site.name,
            manner.name,
            mends,
            cut=not decoded.done,
            empty=not decoded.diff,
            n_tokens=decoded.n_tokens,
            n_choices=decoded.n_choices,
            n_rewrites=decoded.n_rewrites,
            n_rewinds=decoded.n_rewinds,
            decode_s=decode_s,
            judge_s=time.perf_counter() - started - decode_s,
            verdict=verdict,
            diff=decoded.diff if verdict.stage else "",
            written=decoded.written if verdict.stage else "",
        )

    def _decode(self, language: Language, manner: Manner, tree: FileTree, site: Site, draw: random.Random) -> _Decoded:
        n_tokens = draw.choice(language.lengths)
        ends_after = round(n_tokens * draw.choice((0.1, 0.2, 0.4, 2.0)))
        whim = Whim(manner, self._leanings[language.name], self._noise, site.files, draw, ends_after)
        constraint = Watched(DiffConstraint(tree))
        sampling = Sampling(temperature=manner.temperature, seed=draw.getrandbits(32))
        decoding = Decoding(language.tokenizer, Sampler(sampling), frozenset(), constraint, lambda _text: None)
        error = ""
        try:
            with _patience():
                while decoding.step(whim(constraint.written)) and not decoding.is_longer_than(n_tokens):
                    pass
                diff = decoding.text()
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is told
            error, diff = f"{type(raised).__name__}: {message_of(raised)}", ""
        return _Decoded(
            diff,
            constraint.written.decode(errors="replace"),
            decoding.done,
            decoding.n_tokens,
            decoding.n_chosen_tokens,
            constraint.n_rewrites,
            decoding.n_rewinds,
            error,
        )

    def _site(self, block: int) -> Site:
        """Return the repository of a block: every other one is real, if there are any."""
        if self._repositories and block % 2:
            repository = self._repositories[block // 2 % len(self._repositories)]
            if repository.label not in self._sites:
                root = self._scratch / f"real-{len(self._sites)}"
                self._sites[repository.label] = Site(repository.name, WorkTree.clone(root, repository))
            return self._sites[repository.label]
        generated = generate(self._sources, random.Random(f"{self._seed}/repository/{block}"))
        tree = WorkTree.of_files(self._scratch / f"generated-{block}", generated.files, generated.executable)
        return Site("generated", tree)

    def _task(self, site: Site, draw: random.Random) -> str:
        """Return a few words of the files, their names among them."""
        paths = draw.sample(list(site.files), min(2, len(site.files)))
        words = [word for path in paths for line in site.files[path][:40] for word in line.split()]
        verb = draw.choice(("Change", "Rename", "Create new_file.py like", "Remove"))
        return " ".join([verb, *paths, *draw.sample(words, min(8, len(words)))])

    @cached_property
    def _sources(self) -> Sources:
        return Sources.load()


@contextmanager
def _patience() -> Iterator[None]:
    """Raise TimeoutError inside where a decoding goes on for ever."""
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)


def _out_of_patience(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"not done after {_PATIENCE_S} s")
