"""`magicode run`: one task."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.cli import options
from agent.cli.services import services
from agent.loop import Job, JobOptions, Record
from agent.outcome import outcome_json, usage
from agent.review import Review
from agent.terminal import Terminal
from agent.workspace import Workspace
from model.api import Sampling
from repo_index.git import Git
from repo_index.history import Session, SessionStore


class ReviewMode(StrEnum):
    """How much one question covers."""

    hunk = "hunk"
    file = "file"
    all = "all"
    none = "none"


class OutputFormat(StrEnum):
    """What standard output holds."""

    text = "text"
    json = "json"


def run(
    ctx: typer.Context,
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to do; `-` reads standard input.")],
    directory: options.Directory = options.HERE,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the diff and change nothing.")] = False,
    yes: options.Yes = False,
    review: Annotated[ReviewMode, typer.Option(help="Ask by hunk, by file, once for all, or not.")] = ReviewMode.hunk,
    continue_: Annotated[bool, typer.Option("-c", "--continue", help="Go on with the latest session.")] = False,
    resume: Annotated[str | None, typer.Option("-r", "--resume", metavar="ID", help="Go on with a session.")] = None,
    output: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="Write the diff to FILE, too.")] = None,
    output_format: Annotated[OutputFormat, typer.Option(help="What standard output holds.")] = OutputFormat.text,
    model: options.Model = options.DEFAULT_MODEL,
    device: options.Device = "auto",
    context_limit: options.ContextLimit = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, metavar="N", help="Tokens an answer may have.")] = 2048,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest token.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Makes draws repeatable.")] = 0,
    show_usage: Annotated[bool, typer.Option("-u", "--usage", help="Print tokens and seconds.")] = False,
    include: options.Include,
    exclude: options.Exclude,
    test_cmd: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Run it after the change; if it fails, roll back.")
    ] = None,
    test_timeout: Annotated[float, typer.Option(min=1.0, metavar="SECONDS", help="For the test command.")] = 600.0,
    max_repairs: Annotated[int, typer.Option(min=0, metavar="N", help="Ask again this often when it fails.")] = 1,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run tests with all your rights.")] = False,
    allow_dirty: options.AllowDirty = False,
    allow_syntax_errors: options.AllowSyntaxErrors = False,
) -> None:
    """Read the repository, have the model write a diff, check it, review it, apply it, run the tests.

    On a terminal each hunk is shown for review. Elsewhere the diff is printed and nothing is changed, unless -y.
    """
    git = Git.discover(directory)
    interactive = sys.stdin.isatty() and sys.stderr.isatty() and task != "-"
    review_mode: Review = "none" if yes else review.value
    terminal = Terminal(Console(stderr=True), review_mode=review_mode, interactive=interactive)
    recovery = Workspace(git).recover()
    for note in recovery.notes if recovery else ():
        terminal.note(note, style="yellow")
    words = sys.stdin.read() if task == "-" else task
    if not words.strip():
        raise typer.BadParameter("the task is empty", param_hint="TASK")
    session = _session(SessionStore(git), resume, latest=continue_)
    job = Job(
        git,
        services(ctx).open_model(model, device=device, on_progress=terminal.on_progress),
        JobOptions(
            sampling=Sampling(temperature=temperature, seed=seed, max_new_tokens=max_new_tokens),
            context_limit=context_limit,
            include=tuple(include),
            exclude=tuple(exclude),
            apply=not dry_run and (yes or interactive),
            allow_dirty=allow_dirty,
            allow_syntax_errors=allow_syntax_errors,
            test_command=test_cmd,
            test_timeout_s=test_timeout,
            sandboxed=not no_sandbox,
            max_repairs=max_repairs,
        ),
        terminal,
    )
    error: BaseException | None = None
    try:
        job.run(words, session.turns if session else ())
        if job.record.status != "declined":
            (session or SessionStore(git).create()).append(*job.record.said)
    except BaseException as raised:
        error = raised
        raise
    finally:
        terminal.close()
        if output_format is OutputFormat.json:
            sys.stdout.write(json.dumps(outcome_json(job.record, error)) + "\n")
    _report(job.record, terminal, output_format=output_format, show_usage=show_usage)
    if output:
        output.write_text(job.record.diff, encoding="utf-8")


def _session(store: SessionStore, session_id: str | None, *, latest: bool) -> Session | None:
    if session_id is not None:
        return store.open(session_id)
    return store.latest() if latest else None


def _report(record: Record, terminal: Terminal, *, output_format: OutputFormat, show_usage: bool) -> None:
    if record.status == "proposed" and output_format is OutputFormat.text:
        sys.stdout.write(record.diff)
    if record.status == "declined":
        terminal.note("Nothing was taken, nothing was changed.")
    if record.change:
        names = ", ".join(map(str, record.change.paths))
        terminal.note(f"Changed {names}. `magicode undo` takes it back.", style="bold")
        for note in record.change.notes:
            terminal.note(note)
    if record.report:
        terminal.note(f"`{record.report.command}` passed in {record.report.duration_s:.1f} s.", style="green")
    if show_usage:
        tokens = usage(record)
        terminal.note(
            f"{tokens['prompt_tokens']:,} prompt tokens, {tokens['new_tokens']:,} new tokens from "
            f"{tokens['chosen_tokens']:,} decisions"
        )
        terminal.note(", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in record.timings_s.items()))
