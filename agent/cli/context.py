"""`magicode context`: what the model would be given."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from agent.cli import options
from agent.cli.output import put
from agent.cli.services import in_bytes, named_endpoint, named_model, open_source, services
from agent.errors import WriteError
from agent.escape import printable
from agent.protocols import LanguageModel
from agent.reading import KeptFrames, notes_of, read_source
from agent.terminal import Terminal
from model.api import Budget, Query
from repo_index.errors import ContextTooLargeError
from repo_index.folder import Source
from repo_index.frame import quote_path
from repo_index.mentions import resolve_mentions
from repo_index.past import read_past
from repo_index.prompt import Prompt, build_prompt, fitted
from repo_index.report import ContextReport, LeftOut, TokenTree, report_context
from repo_index.snapshot import SkippedFile

_MAX_LISTED = 20  # files that are left out are named one by one up to so many, else by reason
_N_NAMED = 3


def context(
    ctx: typer.Context,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Count it, too.", show_default=False)] = "",
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
    depth: Annotated[int, typer.Option(min=1, metavar="N", help="Levels of the tree to show.")] = 3,
    lists_all: Annotated[bool, typer.Option("--all", help="Name every file that is left out.")] = False,
    model: options.Model = options.DEFAULT_MODEL,
    base_url: options.BaseUrl = None,
    context_limit: options.ContextLimit = None,
    max_new_tokens: options.MaxNewTokens = 2048,
    include: options.Include,
    exclude: options.Exclude,
    cache_size: options.CacheSize = None,
) -> None:
    """Show what the model reads.

    That is the tokens of each directory and file, what is left out and why, and the total against the model's window.
    """
    terminal = Terminal(Console(stderr=True))
    source = open_source(directory, terminal)
    endpoint = named_endpoint(base_url, context_limit, options.CONNECTIONS, options.FIRST_TOKEN_S)
    opened = services(ctx).open_model(
        named_model(ctx, model, endpoint),
        device="cpu",
        on_progress=terminal.on_progress,
        endpoint=endpoint,
        cache_bytes=in_bytes(cache_size),
    )
    terminal.close()
    window = min(context_limit or opened.context_limit, opened.context_limit)
    mentions = resolve_mentions(task if for_ is None else for_, source.root, directory)
    snapshot = read_source(
        source, opened, terminal.on_progress, include=include, exclude=exclude, mentioned=mentions.paths
    )
    for note in notes_of(mentions, snapshot):
        terminal.on_note(note)
    terminal.close()
    if for_ is not None:
        prompt = build_prompt(snapshot, (), mentions.text, opened)
        budget = Budget(window, working_set, max_new_tokens)
        _show_sights(source, opened, prompt, budget, terminal, as_json=as_json)
        return
    in_order = output is not None
    prompt = build_prompt(snapshot, (), mentions.text, KeptFrames(opened), in_order=in_order)
    limit = window - max_new_tokens
    room, prompt = fitted(snapshot, prompt, limit)
    report = report_context(prompt.documents, room.skipped, n_frame_tokens=prompt.n_frame_tokens)
    fits = prompt.n_tokens <= limit
    if output:
        pieces = opened.render(prompt.system, prompt.documents, Query((), prompt.task))
        _write(output, pieces)
        if not fits:
            raise ContextTooLargeError(
                f"{prompt.n_tokens:,} tokens leave no room for an answer of {max_new_tokens:,} in the window of "
                f"{window:,} of {opened.name}: no model of that window can be asked this",
                n_tokens=prompt.n_tokens,
                limit=window,
            )
    elif as_json:
        waiting = [{"path": quote_path(file.path), "reason": file.waits} for file in room.files if file.waits]
        value = report.to_json() | {"waiting": waiting, "model": opened.name, "window": window, "fits": fits}
        sys.stdout.write(json.dumps(value) + "\n")
    else:
        _show(report, window, opened.name, depth, lists_all=lists_all)
        if not fits:
            terminal.note(
                "Not all of it fits, so a task is given the part that it leads to; --for TASK shows which. To leave "
                "files out: --exclude PATTERN or .magicodeignore."
            )


def _show_sights(
    source: Source,
    model: LanguageModel[Any, Any],
    prompt: Prompt,
    budget: Budget,
    terminal: Terminal,
    *,
    as_json: bool,
) -> None:
    query = Query((), prompt.task)
    memory = model.look(prompt.system, prompt.documents, read_past(source), query, budget, terminal.on_progress)
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
        branch = Tree(Text(f"{sum(seen.n_tokens for seen in places):>6,}  {printable(path)}"))
        for seen in places:
            label = Text(f"{seen.n_tokens:>6,}  {f'{seen.first_line}-{seen.last_line}':<11}")
            label.append(f"  {printable(' '.join(seen.words))}", style="dim")
            branch.add(label)
        console.print(branch)


def _write(output: Path, pieces: Iterable[str]) -> None:
    if str(output) == "-":
        for piece in pieces:
            put(piece.encode())
        return
    try:
        with output.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode())
    except OSError as error:
        raise WriteError(f"{output} cannot be written: {error.strerror}") from error


def _show(report: ContextReport, window: int, model: str, depth: int, *, lists_all: bool) -> None:
    console = Console(soft_wrap=True)
    tree = Tree(_label(report.tree))
    _grow(tree, report.tree, depth)
    console.print(tree)
    console.print(Text(f"{report.n_frame_tokens:>11,}        instructions and task"))
    share = report.n_tokens / window
    console.print(Text(f"{report.n_tokens:>11,}  {share:4.0%}  of the {window:,} tokens of {model}", style="bold"))
    if report.skipped:
        _show_left_out(console, report.skipped, lists_all=lists_all or len(report.skipped) <= _MAX_LISTED)


def _show_left_out(console: Console, skipped: Sequence[SkippedFile], *, lists_all: bool) -> None:
    console.print(Text(f"\nLeft out ({len(skipped):,}):", style="bold"))
    if lists_all:
        for file in skipped:
            console.print(Text(f"  {printable(str(file.path))}: {printable(file.reason)}", style="dim"))
        return
    for group in LeftOut.group(skipped):
        names = ", ".join(printable(str(file.path)) for file in group.files[:_N_NAMED])
        more = ", …" * (len(group.files) > _N_NAMED)
        console.print(Text(f"{len(group.files):>6,}  {printable(group.reason)}: {names}{more}", style="dim"))
    console.print(Text("--all names every one of them, --json with its reason.", style="dim"))


def _grow(branch: Tree, node: TokenTree, depth: int) -> None:
    for child in node.children:
        leaf = branch.add(_label(child))
        if depth > 1:
            _grow(leaf, child, depth - 1)


def _label(node: TokenTree) -> Text:
    return Text(f"{node.n_tokens:>9,}  {node.share:4.0%}  {node.label}")
