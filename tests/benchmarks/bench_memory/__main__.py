"""What a request costs on repositories from ten thousand to a hundred million tokens.

`python -m tests.benchmarks.bench_memory --source DIR` (up to 1 million tokens) or with `--full` (up to 100 million).
DIR holds real source files; they are repeated, each copy with words of its own. For each size: the first look (all is
tokenised and kept), a look when all is known (as every later request), the working set's encoding, and a diff of 300
tokens with what it opens besides. `work` compares what routing and attending read and multiply for one decoded token
with dense attention of the same model over all tokens. The last line is one JSON object.
"""

import argparse
import datetime as dt
import json
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from model.api import Budget, Editable, Query, Sampling
from model.loading import open_model
from tests.benchmarks.bench_memory.salted import Salted, salted
from tests.benchmarks.bench_memory.work import Work
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import RESULTS

_SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_SHORT_SIZES = _SIZES[:3]
_ANSWER_TOKENS, _PLAIN_TOKENS = 300, 100
_TASK = "Reject passwords that are shorter than eight characters, and say so in the form"


class _Lines(dict[str, list[str]]):
    """The lines of files by path, made when they are first asked for."""

    def __init__(self, documents: list[Salted]) -> None:
        super().__init__()
        self._documents = {str(document.path): document for document in documents}

    def __missing__(self, path: str) -> list[str]:
        self[path] = self._documents[path].text().splitlines()
        return self[path]

    def __iter__(self) -> Any:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, path: object) -> bool:
        return path in self._documents


def measure(name: str, source: Path, n_tokens: int, working_set: int, directory: Path) -> dict[str, Any]:
    """Return what one size costs, in seconds, bytes and tokens."""
    documents = list(salted(source, n_tokens))
    budget = Budget(32_768, working_set, _ANSWER_TOKENS)
    query = Query((), _TASK)
    model = open_model(name, device="cpu", on_progress=_silent, memory_root=directory)
    model.encoder.tokenizer.encode("warm")
    found: dict[str, Any] = {"tokens": n_tokens}
    system = f"Run {time.time_ns()}."  # so that nothing of the prompt was encoded before
    for key in ("first_look_s", "look_s"):
        started = time.perf_counter()
        memory = model.look(system, documents, (), query, budget, _silent)
        found[key] = time.perf_counter() - started
    attended = memory.attended()
    model.remember("warm", [], _silent)  # loads the network
    for key in ("encode_s", "encode_again_s"):
        started = time.perf_counter()
        model.encode(memory, _silent)
        found[key] = time.perf_counter() - started
    # The same number of passes, one token each, whatever is written.
    plain = Sampling(max_new_tokens=_PLAIN_TOKENS, drafts=False)
    [free] = model.complete(memory, query, None, plain, _unheard)
    edits = Editable(_Lines(documents))
    sampling = Sampling(max_new_tokens=_ANSWER_TOKENS)
    [completion] = model.complete(memory, query, edits, sampling, _unheard)
    work = Work.of(model.directory)
    return found | {
        "repository_tokens": attended.n_repository_tokens,
        "files": attended.n_repository_files,
        "route_s": attended.route_s,
        "attended_tokens": memory.encoded.n_tokens,
        "s_per_token": free.decode_s / max(1, free.n_passes),
        "diff_s": completion.decode_s,
        "diff_tokens": completion.n_new_tokens,
        "viewed_tokens": memory.n_viewed_tokens,
        "index_bytes": attended.index_bytes,
        "store_bytes": sum(path.stat().st_size for path in directory.rglob("*.ids")),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "work": work.compare(attended.n_repository_tokens, memory.encoded.n_tokens, _ANSWER_TOKENS),
    }


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    rows = []
    with TemporaryDirectory() as directory:
        for n_tokens in options.sizes or (_SIZES if options.full else _SHORT_SIZES):
            row = measure(options.model, options.source, n_tokens, options.working_set, Path(directory))
            rows.append(row)
            console.print(f"  {n_tokens:,} tokens: {json.dumps(row)}", highlight=False, soft_wrap=True)
    console.print(_table(rows))
    told = {
        "model": options.model,
        "working_set": options.working_set,
        "sizes": rows,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
    }
    if options.full or options.keep:
        (RESULTS / "bench_memory.json").write_text(json.dumps(told, indent=1) + "\n")
    console.file.write(json.dumps(told) + "\n")
    return 0


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        "tokens",
        "files",
        "first look s",
        "look s",
        "route s",
        "encode s",
        "again s",
        "s a token",
        "diff s",
        "store MB",
        "peak GB",
        "FLOPs ÷",
        "bytes ÷",
    )
    for row in rows:
        table.add_row(
            f"{row['repository_tokens']:,}", f"{row['files']:,}", f"{row['first_look_s']:.2f}", f"{row['look_s']:.2f}",
            f"{row['route_s']:.2f}", f"{row['encode_s']:.1f}", f"{row['encode_again_s']:.1f}",
            f"{row['s_per_token']:.4f}", f"{row['diff_s']:.1f}",
            f"{row['store_bytes'] / 1e6:.1f}", f"{row['peak_bytes'] / 1e9:.2f}",
            f"{row['work']['flops_ratio']:.1f}", f"{row['work']['bytes_ratio']:.1f}",
        )  # fmt: skip
    return table


def _unheard(_text: str) -> None:
    """Show nothing of an answer."""


def _silent(_value: object) -> None:
    """Hear nothing."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-memory", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", type=Path, required=True, metavar="DIR", help="real source files")
    parser.add_argument("--full", action="store_true", help="up to 100 million tokens")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--working-set", type=int, default=4_096, metavar="TOKENS")
    parser.add_argument("--sizes", type=lambda text: [int(float(size)) for size in text.split(",")], metavar="N,N")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
