"""`magicode context`: what the model would be given."""

import json
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from agent.cli import options
from agent.cli.services import named_endpoint, named_model, open_repository, services
from agent.errors import WriteError
from agent.escape import printable
from agent.protocols import LanguageModel
from agent.terminal import Terminal
from model.api import Budget, Query, Sampling
from repo_index.errors import ContextTooLargeError
from repo_index.git import Git
from repo_index.past import read_past
from repo_index.prompt import Prompt, build_prompt
from repo_index.report import ContextReport, TokenTree, report_context
from repo_index.snapshot import take_snapshot


def context(
    ctx: typer.Context,
    task: Annotated[str, typer.Argument(metavar="[TASK]", help="Count it, too.", show_default=False)] = "",
    directory: options.Directory = options.HERE,
    *,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TASK", help="Show what of the repository TASK leads to, where not all is read."),
    ] = None,
    working_set: options.WorkingSet = options.WORKING_SET_TOKENS,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the very prompt to FILE; `-` prints it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    depth: Annotated[int, typer.Option(min=1, help="Levels of the tree to show.")] = 3,
    model: options.Model = options.DEFAULT_MODEL,
    base_url: options.BaseUrl = None,
    context_limit: options.ContextLimit = None,
    include: options.Include,
    exclude: options.Exclude,
) -> None:
    """Show what the model reads.

    That is the tokens of each directory and file, what is left out and why, and the total against the model's window.
    """
    terminal = Terminal(Console(stderr=True))
    git = open_repository(directory, terminal)
    endpoint = named_endpoint(base_url, context_limit, options.CONNECTIONS, options.FIRST_TOKEN_S)
    opened = services(ctx).open_model(
        named_model(ctx, model, endpoint), device="cpu", on_progress=terminal.on_progress, endpoint=endpoint
    )
    terminal.close()
    snapshot = take_snapshot(git, opened.count_tokens, include=include, exclude=exclude)
    if for_ is not None:
        _show_sights(git, opened, build_prompt(snapshot, (), for_, opened), working_set, terminal, as_json=as_json)
        return
    prompt = build_prompt(snapshot, (), task, opened)
    report = report_context(prompt.documents, snapshot.skipped, n_frame_tokens=prompt.n_frame_tokens)
    if output:
        text = opened.render(prompt.system, prompt.documents, Query((), prompt.task))
        if str(output) == "-":
            sys.stdout.write(text)
        else:
            _write(output, text)
    elif as_json:
        sys.stdout.write(json.dumps(report.to_json() | {"model": model, "window": opened.context_limit}) + "\n")
    else:
        _show(report, opened.context_limit, model, depth)
    if prompt.n_tokens > opened.context_limit:
        raise ContextTooLargeError(
            f"{prompt.n_tokens:,} tokens do not fit {model}'s window of {opened.context_limit:,}",
            n_tokens=prompt.n_tokens,
            limit=opened.context_limit,
        )


def _show_sights(
    git: Git, model: LanguageModel[Any, Any], prompt: Prompt, working_set: int, terminal: Terminal, *, as_json: bool
) -> None:
    budget = Budget(model.context_limit, working_set, Sampling().max_new_tokens)
    query = Query((), prompt.task)
    memory = model.look(prompt.system, prompt.documents, read_past(git), query, budget, terminal.on_progress)
    terminal.close()
    sights, attended = model.sights(memory), memory.attended()
    if as_json:
        value = {"attended": asdict(attended), "places": [asdict(sight) for sight in sights]}
        sys.stdout.write(json.dumps(value) + "\n")
        return
    terminal.on_attended(attended)
    console = Console(soft_wrap=True)
    for path, group in groupby(sights, lambda sight: sight.path):
        places = list(group)
        branch = Tree(Text(f"{sum(place.n_tokens for place in places):>6,}  {printable(path)}"))
        for place in places:
            label = Text(f"{place.n_tokens:>6,}  {f'{place.first_line}-{place.last_line}':<11}")
            label.append(f"  {printable(' '.join(place.words))}", style="dim")
            branch.add(label)
        console.print(branch)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteError(f"{output} cannot be written: {error.strerror}") from error


def _show(report: ContextReport, window: int, model: str, depth: int) -> None:
    console = Console(soft_wrap=True)
    tree = Tree(_label(report.tree))
    _grow(tree, report.tree, depth)
    console.print(tree)
    console.print(Text(f"{report.n_frame_tokens:>11,}        instructions and task"))
    share = report.n_tokens / window
    console.print(Text(f"{report.n_tokens:>11,}  {share:4.0%}  of the {window:,} tokens of {model}", style="bold"))
    if report.skipped:
        console.print(Text(f"\nLeft out ({len(report.skipped):,}):", style="bold"))
        for skipped in report.skipped:
            console.print(Text(f"  {printable(str(skipped.path))}: {printable(skipped.reason)}", style="dim"))


def _grow(branch: Tree, node: TokenTree, depth: int) -> None:
    for child in node.children:
        leaf = branch.add(_label(child))
        if depth > 1:
            _grow(leaf, child, depth - 1)


def _label(node: TokenTree) -> Text:
    return Text(f"{node.n_tokens:>9,}  {node.share:4.0%}  {node.label}")
