"""`magicode hashhop`: how far a model follows chains of random hashes through a prompt of any size."""

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from agent.cli import options
from agent.cli.numbers import numbers, sizes
from agent.cli.services import services
from agent.errors import WriteError
from agent.terminal import Terminal
from model.hashhop.readers import LTM_HASHHOP, Opening, is_trained_for_hashes

if TYPE_CHECKING:
    from model.hashhop.measure import Result
    from model.hashhop.plan import Plan
    from model.hashhop.tasks.tasks import TaskPlan

_MAX_HOPS = 6
_WIDE = 200


class Task(StrEnum):
    """HashHop, and the weaker evaluations beside it."""

    hashhop = "hashhop"
    needle = "needle"
    needle_code = "needle-code"
    induction = "induction"
    multi_key = "multi-key"
    variables = "variables"
    frequent_words = "frequent-words"


class Attention(StrEnum):
    """How a language model attends to the prompt."""

    dense = "dense"
    memory = "memory"


class Layout(StrEnum):
    """Which chains a prompt holds."""

    mixed = "mixed"
    reference = "reference"


class OutputFormat(StrEnum):
    """What standard output holds."""

    text = "text"
    json = "json"


def hashhop(
    ctx: typer.Context,
    *,
    task: Annotated[
        Task,
        typer.Option(
            metavar="TASK",
            help="To compare: needle, needle-code, induction, multi-key, variables or frequent-words.",
        ),
    ] = Task.hashhop,
    tokens: Annotated[str, typer.Option(metavar="N,N", help="Sizes of the prompt, as 100000 or 100K,1M.")] = "100K",
    hops: Annotated[str, typer.Option(metavar="H,H", help="Pairs to follow, as 2 or 1,3 or 1-6.")] = f"1-{_MAX_HOPS}",
    queries: Annotated[int, typer.Option(min=1, metavar="Q", help="Questions for each size and number of hops.")] = 100,
    hash_length: Annotated[int, typer.Option(min=1, max=1_000, metavar="L", help="Letters of a hash.")] = 16,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Other seeds, other hashes.")] = 0,
    direct: Annotated[bool, typer.Option("--direct", help="Ask for the last hash alone, not for the way.")] = False,
    layout: Annotated[
        Layout, typer.Option(help="Chains of 1 to 6 hops in one prompt, or a prompt for each, as the reference has it.")
    ] = Layout.mixed,
    model: Annotated[
        str, typer.Option("-m", "--model", metavar="NAME", help="ltm-hashhop, or a language model as for `run`.")
    ] = LTM_HASHHOP,
    attention: Annotated[
        Attention, typer.Option(help="A language model reads all, or for each hash what the memory finds.")
    ] = Attention.dense,
    device: options.Device = "auto",
    output_format: Annotated[OutputFormat, typer.Option(help="What standard output holds.")] = OutputFormat.text,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a heat map, too: FILE.svg.")] = None,
) -> None:
    """Measure how far a model follows chains of random hashes.

    The task is HashHop (Magic, 2024): shuffled lines `A = B`, and questions where some hops lead from A.

    Without -m the model is ltm-hashhop, which was trained for this.
    """
    from model.hashhop.measure import CHAIN_OF_THOUGHT, DIRECT  # noqa: PLC0415 - numpy: --help needs none
    from model.hashhop.plan import Plan  # noqa: PLC0415
    from model.hashhop.tasks.tasks import TaskPlan  # noqa: PLC0415

    n_hops, n_tokens = numbers(hops, _MAX_HOPS, "--hops"), sizes(tokens, "--tokens")
    mode = DIRECT if direct else CHAIN_OF_THOUGHT
    plan: Plan | TaskPlan
    if task is Task.hashhop:
        plan = Plan(n_tokens, n_hops, (mode,), queries, hash_length, seed, is_reference=layout is Layout.reference)
    else:
        _refuse_hash_options(ctx, task)
        plan = TaskPlan(task.value, n_tokens, queries, seed)
    if attention is Attention.memory and is_trained_for_hashes(model):
        raise typer.BadParameter(f"{model} reads prompts in its own way", param_hint="--attention")
    if picture is not None and (picture.suffix != ".svg" or picture.is_dir() or not picture.parent.is_dir()):
        raise typer.BadParameter(f"{picture} is no .svg file in an existing directory", param_hint="--picture")
    terminal = Terminal(Console(stderr=True))
    results: list[Result] = []
    with TemporaryDirectory(prefix="magicode-") as scratch:
        opening = Opening(terminal.on_progress, device, attention.value, Path(scratch))
        reader = services(ctx).open_reader(model, opening)
        terminal.note(f"Model: {reader.name}")
        try:
            results.extend(plan.results(reader, terminal.on_progress))
        finally:  # what was measured is shown, also when the rest is broken off
            terminal.close()
            _print(results, plan, output_format)
            if picture is not None and results:
                _draw(results, picture)


def _refuse_hash_options(ctx: typer.Context, task: Task) -> None:
    for name in ("hops", "hash_length", "direct", "layout"):
        source = ctx.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise typer.BadParameter(f"{task.value} has no hashes", param_hint=f"--{name.replace('_', '-')}")


def _print(results: list["Result"], plan: "Plan | TaskPlan", output_format: OutputFormat) -> None:
    from agent.cli.cells import table_of  # noqa: PLC0415 - numpy: --help needs none

    if output_format is OutputFormat.json:
        told = asdict(plan) | {"cells": [result.to_json() for result in results]}
        sys.stdout.write(json.dumps(told) + "\n")
    elif results:
        console = Console()
        wide = console if console.is_terminal else Console(width=_WIDE)  # in a file nothing is cut
        wide.print(table_of(results, wide.width))


def _draw(results: list["Result"], picture: Path) -> None:
    from model.hashhop.heatmap import heatmap  # noqa: PLC0415 - numpy: --help needs none

    try:
        picture.write_text(heatmap(results), encoding="utf-8")
    except OSError as error:
        raise WriteError(f"{picture} cannot be written: {error.strerror}") from error
