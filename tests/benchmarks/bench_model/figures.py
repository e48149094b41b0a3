"""From raw results to the figures that are asked for. Values in, values out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.bench_model.plan import LONG_CONTEXT, MIDDLE_CONTEXT, N_ATTEMPTS, PREFILL_CONTEXT, SHORT_CONTEXT
from tests.benchmarks.bench_model.progress import Result
from tests.benchmarks.bench_model.shape import Shape

CONTEXTS = (SHORT_CONTEXT, PREFILL_CONTEXT, MIDDLE_CONTEXT, LONG_CONTEXT)
_MEMORY = {"total": "peak_bytes", "own": "peak_anon_bytes", "mapped": "peak_file_bytes"}


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens a second of one side at one context, medians, and its memory at most."""

    prefill: float | None
    decode: float | None
    memory: Mapping[str, int]


class Figures:
    """Every figure of a run; None (or a missing key) is a figure that was not measured."""

    def __init__(self, results: Sequence[Result], shapes: Mapping[str, Shape]) -> None:
        """Take raw results and what each model costs on paper."""
        self._results = [result for result in results if result.values is not None]
        self.shapes = shapes
        rooflines = next(iter(self._values("roofline")), {})
        self.rooflines = {key: float(rate) for key, rate in rooflines.items() if key.endswith(("_per_s", "_flops"))}

    def rates(self, model: str, side: str, n_context: int) -> Rates | None:
        """Return what one side reached, or None where it was not measured."""
        values = self._values("generate", model, side, n_context)
        if not values:
            return None
        prefill = [v["prefill"] for v in values if v["prefill"]]
        decode = [rate for v in values for rate in v["decode"]]
        memory = {name: max(v.get(key, 0) for v in values) for name, key in _MEMORY.items()}
        return Rates(median(prefill) if prefill else None, median(decode), memory)

    def versus(self, what: Callable[[Rates], float | None], model: str, n_context: int) -> float | None:
        """Return our rate as a multiple of llama.cpp's."""
        ours, theirs = (self.rates(model, side, n_context) for side in ("ours", "llama.cpp"))
        return _ratio(what(ours) if ours else None, what(theirs) if theirs else None)

    def bytes_per_token(self, model: str, side: str, n_context: int) -> float:
        """Return the bytes that a side reads for one decoded token: weights, then keys and values.

        Ours is what the engine says it reads; where it says nothing, and for llama.cpp, the file's own bytes and
        16-bit keys and values.
        """
        shape = self.shapes[model]
        told: dict[str, Any] = next(iter(self._values("generate", model, side, n_context)), {})
        weights, kv = told.get("weight_bytes") or shape.file_bytes, told.get("kv_bytes") or shape.kv_bytes
        return float(weights + kv * n_context)

    def bandwidth_share(self, model: str, side: str, n_context: int, *, of_file: bool = False) -> float | None:
        """Return the bytes a side reads a second as a share of the memory's rate; `of_file` counts the file's bytes."""
        rates = self.rates(model, side, n_context)
        n_bytes = self.bytes_per_token(model, "llama.cpp" if of_file else side, n_context)
        return _ratio(
            rates.decode * n_bytes if rates and rates.decode else None, self.rooflines.get("read_bytes_per_s")
        )

    def matmul_share(self, model: str, side: str, n_context: int, dtype: str) -> float | None:
        """Return a prefill's operations a second as a share of a plain matrix product's, `bf16` or `fp32`."""
        rates = self.rates(model, side, n_context)
        flops = self.shapes[model].prefill_flops(n_context) / n_context
        return _ratio(rates.prefill * flops if rates and rates.prefill else None, self.rooflines.get(f"{dtype}_flops"))

    def batch(self, model: str) -> dict[str, Any] | None:
        """Return tokens a second of one attempt and of several, their ratio, and a pass's ms by its tokens."""
        values = self._values("attempts", model)
        if not values:
            return None
        one, many = (median(v[n] for v in values) for n in ("1", str(N_ATTEMPTS)))
        pass_ms = {n: round(median(v["pass_ms"][n] for v in values), 1) for n in values[0]["pass_ms"]}
        return {"one": one, "many": many, "ratio": many / one, "pass_ms": pass_ms}

    def start(self, model: str) -> dict[str, Any] | None:
        """Return cold seconds, and the warm ones' median and worst."""
        return self._seconds("start", "warm_s", model)

    def edits(self, model: str) -> dict[str, Any] | None:
        """Return cold seconds, and those after an edit: median, worst and how many."""
        return self._seconds("edits", "edit_s", model)

    def as_json(self) -> dict[str, Any]:
        """Return the figures under their agreed keys, each by model."""
        models = list(self.shapes)
        edits = {m: self.edits(m) for m in models}
        starts = {m: self.start(m) for m in models}
        batches = {m: self.batch(m) for m in models}
        at_middle = {m: self.rates(m, "ours", MIDDLE_CONTEXT) for m in models}
        return {
            "decode_vs_llama_cpp": {
                m: {str(n): _rounded(self.versus(_decode, m, n)) for n in CONTEXTS if n != PREFILL_CONTEXT}
                for m in models
            },
            "prefill_vs_llama_cpp": {m: _rounded(self.versus(_prefill, m, PREFILL_CONTEXT)) for m in models},
            "decode_vs_bandwidth": {m: _rounded(self.bandwidth_share(m, "ours", SHORT_CONTEXT)) for m in models},
            "prefill_vs_matmul": {m: _rounded(self.matmul_share(m, "ours", PREFILL_CONTEXT, "bf16")) for m in models},
            "batch8_vs_1": {m: _rounded(b["ratio"]) if (b := batches[m]) else None for m in models},
            "warm_start_s": {m: _rounded(s["median"]) if (s := starts[m]) else None for m in models},
            "after_edit_s": {
                m: {key: _rounded(e[key]) for key in ("median", "worst", "n")} if (e := edits[m]) else None
                for m in models
            },
            "peak_bytes": {m: rates.memory["total"] if (rates := at_middle[m]) else None for m in models},
        }

    def details(self) -> dict[str, Any]:
        """Return what the figures come from: rates, shares and memory, by model, side and context."""
        return {
            model: {
                side: {
                    str(n): {
                        "prefill_tokens_per_s": _rounded(rates.prefill),
                        "decode_tokens_per_s": _rounded(rates.decode),
                        "decode_vs_bandwidth": _rounded(self.bandwidth_share(model, side, n)),
                        "decode_vs_bandwidth_of_file": _rounded(self.bandwidth_share(model, side, n, of_file=True)),
                        "prefill_vs_bf16": _rounded(self.matmul_share(model, side, n, "bf16")),
                        "prefill_vs_fp32": _rounded(self.matmul_share(model, side, n, "fp32")),
                        "memory_bytes": dict(rates.memory),
                    }
                    for n in CONTEXTS
                    if (rates := self.rates(model, side, n))
                }
                for side in ("ours", "llama.cpp")
            }
            | {"start": self.start(model), "edits": self.edits(model), "batch": self.batch(model)}
            for model in self.shapes
        }

    def told(self, key: str, side: str) -> Any:
        """Return what a side says of itself, such as its version."""
        return next((v[key] for v in self._values("generate", side=side) if key in v), None)

    def _seconds(self, kind: str, key: str, model: str) -> dict[str, Any] | None:
        values = self._values(kind, model)
        if not values:
            return None
        seconds = values[-1][key]
        return {
            "cold": values[-1]["cold_s"],
            "median": median(seconds),
            "worst": max(seconds),
            "n": len(seconds),
        }

    def _values(
        self, kind: str, model: str | None = None, side: str | None = None, n_context: int | None = None
    ) -> list[dict[str, Any]]:
        return [
            result.values
            for result in self._results
            if result.values is not None
            and result.step.kind == kind
            and model in {None, result.step.model}
            and side in {None, result.step.side}
            and n_context in {None, result.step.n_context}
        ]


def _decode(rates: Rates) -> float | None:
    return rates.decode


def _prefill(rates: Rates) -> float | None:
    return rates.prefill


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _rounded(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else float(f"{value:.4g}")
