"""The figures as tables for a reader."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group
from rich.table import Table

from tests.benchmarks.bench_model.figures import CONTEXTS, Figures
from tests.benchmarks.bench_model.plan import MIDDLE_CONTEXT, N_ATTEMPTS, PREFILL_CONTEXT, SHORT_CONTEXT

_GIGA = 1e9


def show(console: Console, figures: Figures, machine: Mapping[str, Any]) -> None:
    """Print machine, rates side by side, and each figure beside its target."""
    console.print(
        Group(_machine_table(figures, machine), _rates_table(figures), _passes_table(figures), _target_table(figures))
    )


def _machine_table(figures: Figures, machine: Mapping[str, Any]) -> Table:
    table = Table(title="Machine", show_header=False, title_justify="left")
    features = machine["features"]
    lines = figures.rooflines
    table.add_row("processor", f"{machine['processor']}, {machine['cores']} cores")
    table.add_row("it has", ", ".join(name for name, there in features.items() if there) or "none of those asked for")
    table.add_row("it lacks", ", ".join(name for name, there in features.items() if not there) or "nothing asked for")
    table.add_row("llama.cpp", f"xllamacpp {figures.told('version', 'llama.cpp')}")
    table.add_row("built for", str(figures.told("built_for", "llama.cpp")))
    table.add_row("our kernels", f"{figures.told('kernels', 'ours')}, {figures.told('n_threads', 'ours')} threads")
    if lines:
        table.add_row("memory reads", f"{lines['read_bytes_per_s'] / _GIGA:.1f} GB/s")
        table.add_row("memory copies", f"{lines['copy_bytes_per_s'] / _GIGA:.1f} GB/s (bytes read and written)")
        table.add_row("matrices in bf16", f"{lines['bf16_flops'] / _GIGA:.0f} GFLOP/s")
        table.add_row("matrices in fp32", f"{lines['fp32_flops'] / _GIGA:.0f} GFLOP/s")
    return table


def _rates_table(figures: Figures) -> Table:
    table = Table(title="Tokens a second, medians", title_justify="left")
    for name in ("model", "context", "side", "prefill", "of bf16", "of fp32", "decode", "of bandwidth", "peak GB"):
        table.add_column(name, justify="left" if name in {"model", "side"} else "right")
    for model in figures.shapes:
        for n_context in CONTEXTS:
            for side in ("llama.cpp", "ours"):
                rates = figures.rates(model, side, n_context)
                if rates is None:
                    continue
                memory = rates.memory
                table.add_row(
                    model,
                    f"{n_context:,}",
                    side,
                    _number(rates.prefill),
                    _share(figures.matmul_share(model, side, n_context, "bf16")),
                    _share(figures.matmul_share(model, side, n_context, "fp32")),
                    _number(rates.decode),
                    _share(figures.bandwidth_share(model, side, n_context)),
                    " ".join(f"{memory[name] / _GIGA:.2f} {name}" for name in ("total", "own", "mapped")),
                )
        table.add_section()
    return table


def _passes_table(figures: Figures) -> Table:
    table = Table(title="Milliseconds of a pass, by the tokens it reads", title_justify="left")
    batches = {model: batch for model in figures.shapes if (batch := figures.batch(model))}
    table.add_column("model")
    for n in next(iter(batches.values()))["pass_ms"] if batches else ():
        table.add_column(n, justify="right")
    for model, batch in batches.items():
        table.add_row(model, *(f"{ms:.1f}" for ms in batch["pass_ms"].values()))
    return table


def _target_table(figures: Figures) -> Table:
    table = Table(title="Figures and targets", title_justify="left")
    table.add_column("figure")
    table.add_column("target", justify="right")
    for model in figures.shapes:
        table.add_column(model, justify="right")
    for name, target, cells in _target_rows(figures):
        table.add_row(name, target, *(cells[model] for model in figures.shapes))
    return table


def _target_rows(figures: Figures) -> Iterator[tuple[str, str, dict[str, str]]]:
    models = list(figures.shapes)
    json = figures.as_json()
    for n in CONTEXTS:
        if n != PREFILL_CONTEXT:
            cells = {m: _times(json["decode_vs_llama_cpp"][m][str(n)]) for m in models}
            yield f"decode at {n:,}, against llama.cpp", "≥ 1.0 x", cells
    own = {m: _share(json["decode_vs_bandwidth"][m]) for m in models}
    yield f"decode at {SHORT_CONTEXT}, bytes read of bandwidth", "≥ 65%", own
    of_file = {m: _share(figures.bandwidth_share(m, "ours", SHORT_CONTEXT, of_file=True)) for m in models}
    yield f"decode at {SHORT_CONTEXT}, the file's bytes of bandwidth", "", of_file
    prefill = {m: _times(json["prefill_vs_llama_cpp"][m]) for m in models}
    yield f"prefill of {PREFILL_CONTEXT:,}, against llama.cpp", "≥ 1.5 x (1.5B)", prefill
    for dtype, target in (("bf16", "≥ 80% (1.5B)"), ("fp32", "")):
        shares = {m: _share(figures.matmul_share(m, "ours", PREFILL_CONTEXT, dtype)) for m in models}
        yield f"prefill of {PREFILL_CONTEXT:,}, of the {dtype} matrix rate", target, shares
    yield f"decode of {N_ATTEMPTS} attempts, against one", "≥ 2 x", {m: _times(json["batch8_vs_1"][m]) for m in models}
    yield "warm start to the first token", "< 5 s", {m: _seconds(figures.start(m)) for m in models}
    yield "first token after an edit", "median < 30 s", {m: _seconds(figures.edits(m)) for m in models}
    peak = {m: f"{b / _GIGA:.2f} GB" if (b := json["peak_bytes"][m]) else "-" for m in models}
    yield f"peak memory at {MIDDLE_CONTEXT:,} tokens", "≤ 5 GB (1.5B)", peak


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} x"


def _seconds(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "-"
    return f"{told['median']:.1f} s (worst {told['worst']:.1f} of {told['n']}, cold {told['cold']:.1f})"
