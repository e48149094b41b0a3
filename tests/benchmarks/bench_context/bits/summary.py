"""Bits summed up by arm and budget, and the memory's difference from each other arm."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_context.bits.answer import MAX_ANSWER_TOKENS
from tests.benchmarks.bench_context.bits.documents import VIEW_TOKENS
from tests.benchmarks.bench_context.bits.measure import BUDGETS, Bits
from tests.benchmarks.bench_context.corpus import FloatArray

OURS = "memory"
KEYS = ("bits_per_byte", "header_bits_per_byte", "body_bits_per_byte", "bits", "bits_commits")

_DIGITS = 4
_N_RESAMPLES = 10_000
_INTERVAL = (2.5, 97.5)

Values = dict[str, dict[str, float]]
Groups = dict[tuple[str, int], list[Bits]]


def told(found: Sequence[Bits], seed: int) -> dict[str, Any]:
    """Return what the result holds of bits; intervals are bootstrapped over commits with `seed`."""
    groups = _groups(found)
    one_arm = {bits.commit: bits for bits in found}.values()
    names = dict.fromkeys(bits.repository for bits in found)
    return {
        "bits_per_byte": _rates(groups),
        "header_bits_per_byte": _values(groups, lambda own: _rate(own, "header")),
        "body_bits_per_byte": _values(groups, lambda own: _rate(own, "body")),
        "bits": {
            "n_commits": len(one_arm),
            "n_commits_of_arm": {arm: len(own) for (arm, _), own in groups.items()},
            "n_capped": sum(bits.is_capped for bits in one_arm),
            "max_answer_tokens": MAX_ANSWER_TOKENS,
            "view_tokens": VIEW_TOKENS,
            "header_bytes": sum(bits.header_bytes for bits in one_arm),
            "body_bytes": sum(bits.body_bytes for bits in one_arm),
            "mean_of_commits": _values(groups, _mean_rate),
            "memory_minus": _differences(groups, seed, lambda bits: bits.n_bytes),
            "memory_minus_mean_of_commits": _differences(groups, seed, lambda _: 1),
            "context_tokens": _values(groups, lambda own: np.mean([bits.n_context_tokens for bits in own])),
            "seconds_per_commit": round(sum(bits.seconds for bits in found) / max(len(one_arm), 1), 1),
            "repositories": {name: _rates(_groups(b for b in found if b.repository == name)) for name in names},
        },
    }


def commits_json(found: Iterable[Bits]) -> list[dict[str, Any]]:
    """Return each commit with its bytes, and its bits of header and body by arm, in the order of the budgets."""
    commits: dict[tuple[str, str], dict[str, Any]] = {}
    for bits in found:
        about = commits.setdefault(
            (bits.repository, bits.commit),
            {
                "repository": bits.repository,
                "commit": bits.commit,
                "header_bytes": bits.header_bytes,
                "body_bytes": bits.body_bytes,
                "is_capped": bits.is_capped,
                "header_bits": {},
                "body_bits": {},
            },
        )
        about["header_bits"].setdefault(bits.arm, []).append(round(bits.header_bits, 1))
        about["body_bits"].setdefault(bits.arm, []).append(round(bits.body_bits, 1))
    return list(commits.values())


def show(console: Console, result: Mapping[str, Any]) -> None:
    """Print a table for each budget."""
    about = result["bits"]
    for budget in map(str, BUDGETS):
        table = Table(
            title=f"Bits per byte of {about['n_commits']} diffs at {int(budget):,} tokens, {about['n_capped']} of them "
            f"cut at {MAX_ANSWER_TOKENS:,} tokens",
            title_justify="left",
        )
        table.add_column("arm")
        for column in ("commits", "context tokens", "header", "body", "both", "mean of commits", f"{OURS} minus it"):
            table.add_column(column, justify="right")
        for arm, values in result["bits_per_byte"].items():
            difference = about["memory_minus"].get(arm, {}).get(budget)
            table.add_row(
                arm,
                str(about["n_commits_of_arm"][arm]),
                f"{about['context_tokens'][arm][budget]:,.0f}",
                f"{result['header_bits_per_byte'][arm][budget]:.3f}",
                f"{result['body_bits_per_byte'][arm][budget]:.3f}",
                f"{values[budget]:.3f}",
                f"{about['mean_of_commits'][arm][budget]:.3f}",
                "{mean:+.3f} [{low:+.3f}, {high:+.3f}]".format(**difference) if difference else "",
            )
        console.print(table)


def _groups(found: Iterable[Bits]) -> Groups:
    groups: Groups = {}
    for bits in found:
        groups.setdefault((bits.arm, bits.budget), []).append(bits)
    return groups


def _values(groups: Groups, of: Callable[[Sequence[Bits]], Any]) -> Values:
    values: Values = {}
    for (arm, budget), own in groups.items():
        values.setdefault(arm, {})[str(budget)] = round(float(of(own)), _DIGITS)
    return values


def _rates(groups: Groups) -> Values:
    return _values(groups, lambda own: sum(bits.bits for bits in own) / sum(bits.n_bytes for bits in own))


def _rate(found: Iterable[Bits], part: str) -> float:
    values = [bits.values() for bits in found]
    n_bits, n_bytes = (sum(value[f"{part}_{unit}"] for value in values) for unit in ("bits", "bytes"))
    return float(n_bits / n_bytes)


def _mean_rate(found: Sequence[Bits]) -> float:
    return float(np.mean([bits.bits / bits.n_bytes for bits in found]))


def _differences(groups: Groups, seed: int, weight: Callable[[Bits], float]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the memory's bits per byte minus each other arm's, over the commits that both have, with an interval.

    Commits count by `weight`: by their bytes, this is the difference of all bits over all bytes. `relative` is the
    share of what the other arm has.
    """
    differences: dict[str, dict[str, dict[str, float]]] = {}
    for (arm, budget), own in groups.items():
        ours = {bits.commit: bits for bits in groups.get((OURS, budget), ())}
        pairs = [(ours[bits.commit], bits) for bits in own if bits.commit in ours]
        if arm == OURS or not pairs:
            continue
        theirs, mine = np.array([[bits.bits / bits.n_bytes for bits in (other, one)] for one, other in pairs]).T
        weights = np.array([weight(one) for one, _ in pairs], np.float64)
        found = _with_interval(mine - theirs, weights, seed)
        found["relative"] = round(float(found["mean"] / (theirs @ weights / weights.sum())), _DIGITS)
        differences.setdefault(arm, {})[str(budget)] = found
    return differences


def _with_interval(values: FloatArray, weights: FloatArray, seed: int) -> dict[str, float]:
    """Return a weighted mean with its 95% interval by bootstrap (Efron, 1979)."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(_N_RESAMPLES, len(values)))
    means = (values * weights)[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = np.percentile(means, _INTERVAL)
    named = {"mean": values @ weights / weights.sum(), "low": low, "high": high}
    return {name: round(float(value), _DIGITS) for name, value in named.items()} | {"n_commits": len(values)}
