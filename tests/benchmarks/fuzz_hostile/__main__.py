"""A hundred thousand hostile diffs: none escapes, none ends but in a typed error, none changes a part of anything.

`python -m tests.benchmarks.fuzz_hostile --n 100000`. Every diff is parsed, placed, validated and, if it is accepted,
written and taken back; every fiftieth goes through the work space with git as the judge, every two hundredth through
the command. `--only SEED` shows one and what becomes of it. The last line is one JSON object; the exit code is 1 if
anything is wrong.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.benchmarks.fuzz_hostile.case import Case
from tests.benchmarks.fuzz_hostile.chunk import run_chunk
from tests.benchmarks.fuzz_hostile.diffs import hostile_diff

_CHUNK = 500


def main() -> int:
    """Run the fuzzer and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000, metavar="N", help="how many diffs")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first one's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--only", type=int, metavar="SEED")
    options = parser.parse_args()
    if options.only is not None:
        print(hostile_diff(options.only).encode("utf-8", "backslashreplace").decode())  # noqa: T201
        print(*run_chunk(range(options.only, options.only + 1)), sep="\n")  # noqa: T201
        return 0
    started = time.monotonic()
    seeds = range(options.seed, options.seed + options.n)
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    outcomes: Counter[str] = Counter()
    wrong: list[Case] = []
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        for n_chunks, cases in enumerate(pool.map(run_chunk, chunks), 1):
            outcomes.update(case.outcome for case in cases)
            wrong += [case for case in cases if case.wrong]
            sys.stderr.write(f"\r{min(n_chunks * _CHUNK, options.n):,} of {options.n:,}, {len(wrong)} wrong ")
    sys.stderr.write("\n")
    for case in wrong[:20]:
        print(f"--only {case.seed}: {case.wrong}")  # noqa: T201
    seconds = round(time.monotonic() - started)
    print(  # noqa: T201
        json.dumps(
            {"n": options.n, "seed": options.seed, "wrong": len(wrong), "outcomes": outcomes, "seconds": seconds}
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
