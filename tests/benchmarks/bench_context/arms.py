"""The arms by name. To add one, add its factory here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model.endpoint.stand_in import stand_in
from model.tokenizer import Tokenizer
from tests.benchmarks.bench_context.baselines.bm25 import Around, Bm25
from tests.benchmarks.bench_context.baselines.mixpr import MixPr
from tests.benchmarks.bench_context.baselines.oracle import Oracle
from tests.benchmarks.bench_context.baselines.repo_map import RepoMap
from tests.benchmarks.bench_context.baselines.shuffled import Shuffled
from tests.benchmarks.bench_context.commits import Commit
from tests.benchmarks.bench_context.memory import Memory
from tests.benchmarks.bench_context.ranking import Arm
from tests.benchmarks.bench_context.words import TermIndex


@dataclass(frozen=True, slots=True)
class Setting:
    """What an arm is made for: one repository. Only the oracle looks at `commits`; lexical arms share `terms`."""

    path: Path
    tokenizer: Tokenizer
    commits: Sequence[Commit]
    seed: int
    terms: TermIndex = field(default_factory=TermIndex)


ARMS: Mapping[str, Callable[[Setting], Arm]] = {
    "random": lambda setting: Shuffled(setting.seed),
    "repo map": lambda _: RepoMap(),
    "mixpr": lambda setting: MixPr(setting.terms),
    "bm25": lambda setting: Bm25(setting.terms),
    "bm25 + around": lambda setting: Bm25(setting.terms, Around()),
    "memory": lambda setting: Memory(setting.tokenizer, setting.path),
    "memory by the stand-in": lambda setting: Memory(stand_in(), setting.path),  # routes for models on a server
    "oracle": lambda setting: Oracle(setting.commits),
}
