"""`magicode run`: one task."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.allowance import Allowance
from agent.cli import completion, options
from agent.cli.delivery import delivering, destination, single, working_in
from agent.cli.output import put
from agent.cli.resuming import Keeper, go_on
from agent.cli.services import in_bytes, named_endpoint, named_model, on_terminal, open_source, services
from agent.cli.settings import setting
from agent.cli.testing import test_command
from agent.errors import WriteError
from agent.events import EventUi, write_line
from agent.forge.settings import PullSettings
from agent.landing import no_delivery
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record, outcome_json
from agent.terminal import Terminal
from agent.testcommands import require_in_checkout
from agent.ui import Ui
from model.api import Sampling
from repo_index.errors import SessionError
from repo_index.folder import require_git
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
    stream_json = "stream-json"


def _check_budget(text: str | None) -> str | None:
    try:
        if text is not None:
            Allowance.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from error
    return text


def run(
    ctx: typer.Context,
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="TASK",
            help="What to do; `-` reads standard input. Left out, -r ID goes on with what was interrupted.",
            show_default=False,
        ),
    ] = None,
    directory: options.Directory = options.HERE,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the diff and change nothing.")] = False,
    yes: options.Yes = False,
    review: Annotated[
        ReviewMode, setting("--review", help="Ask by hunk, by file, once for all, or not.")
    ] = ReviewMode.hunk,
    continue_: Annotated[bool, typer.Option("-c", "--continue", help="Go on with the latest session.")] = False,
    resume: Annotated[
        str | None,
        typer.Option("-r", "--resume", metavar="ID", help="Go on with a session.", autocompletion=completion.sessions),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="Write the diff to FILE, too.")] = None,
    output_format: Annotated[OutputFormat, typer.Option(help="What standard output holds.")] = OutputFormat.text,
    model: options.Model = options.DEFAULT_MODEL,
    base_url: options.BaseUrl = None,
    connections: options.Connections = options.CONNECTIONS,
    server_timeout: options.ServerTimeout = options.FIRST_TOKEN_S,
    device: options.Device = "auto",
    context_limit: options.ContextLimit = None,
    attention: options.AttentionMode = options.Attention.auto,
    working_set: options.WorkingSet = options.WORKING_SET_TOKENS,
    cache_size: options.CacheSize = None,
    max_new_tokens: options.MaxNewTokens = 2048,
    attempts: Annotated[
        int, setting("-n", "--attempts", min=1, metavar="N", help="Answers side by side; the best is taken.")
    ] = 1,
    budget: Annotated[
        str | None,
        setting(
            "--budget",
            metavar="LIMIT",
            callback=_check_budget,
            help="Ask again until something passes, for 10m or 50k-tokens.",
        ),
    ] = None,
    show_all: Annotated[bool, setting("--show-all", help="Test every attempt, and show each diff.")] = False,
    temperature: options.Temperature = 0.0,
    top_p: Annotated[
        float, setting("--top-p", min=0.0, max=1.0, metavar="P", help="Draw from the likeliest tokens of this mass.")
    ] = 0.95,
    min_p: Annotated[
        float,
        setting("--min-p", min=0.0, max=1.0, metavar="P", help="Leave out what is unlikely beside the likeliest."),
    ] = 0.0,
    seed: options.Seed = 0,
    show_usage: Annotated[bool, setting("-u", "--usage", help="Print tokens and seconds.")] = False,
    include: options.Include,
    exclude: options.Exclude,
    test_cmd: Annotated[
        str | None,
        setting(
            "--test-cmd",
            metavar="COMMAND",
            help="Test each change with it, and make only one that breaks nothing; auto: what is found.",
        ),
    ] = None,
    test_timeout: options.TestTimeout = 600.0,
    max_repairs: Annotated[
        int, setting("--max-repairs", min=0, metavar="N", help="Ask again this often when it fails.")
    ] = 1,
    no_sandbox: options.NoSandbox = False,
    commit: options.Commit = False,
    message: options.Message = None,
    branch: options.Branch = None,
    worktree: options.Worktree = None,
    pull: options.Pull = False,
    forge: options.ForgeKind = None,
    remote: options.RemoteName = "origin",
    draft: options.Draft = False,
    signoff: options.Signoff = False,
    allow_dirty: options.AllowDirty = False,
    allow_syntax_errors: options.AllowSyntaxErrors = False,
    allow_truncated: Annotated[
        bool, setting("--allow-truncated", help="Take the complete hunks of an answer that was cut off.")
    ] = False,
    unconstrained: Annotated[
        bool, setting("--unconstrained", help="Let the model write freely, and place its diff by its lines.")
    ] = False,
) -> None:
    """Do a task in this repository.

    The model reads the repository, or what the task leads to, and writes a diff, which is checked, tested if asked,
    reviewed and applied.

    On a terminal each hunk is shown for review. Elsewhere the diff is printed and nothing is changed, unless -y.
    """
    if continue_ and resume is not None:
        raise typer.BadParameter("use one of --continue and --resume")
    if task is None:
        if not go_on(ctx, resume, open_source(directory, Terminal(Console(stderr=True)))):
            raise typer.BadParameter("say what to do; only a run that was interrupted goes on without a task")
        return
    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        raise typer.BadParameter(f"{output} is no file in an existing directory", param_hint="-o")
    words = sys.stdin.buffer.read().decode(errors="replace") if task == "-" else task
    if not words.strip():
        raise typer.BadParameter("the task is empty", param_hint="TASK")
    allowance = None if budget is None else Allowance.parse(budget)
    endpoint = named_endpoint(base_url, context_limit, connections, server_timeout)
    interactive = on_terminal()
    applies = not dry_run and (yes or interactive)
    wanted = destination(
        commit=commit,
        message=message,
        branch=branch,
        worktree=worktree,
        applies=applies,
        allow_dirty=allow_dirty,
        pull=pull,
    )
    if signoff and not (wanted.commits or pull):
        raise typer.BadParameter("it is for --commit, --branch or --pr", param_hint="--signoff")
    terminal = Terminal(
        Console(stderr=True),
        review_mode="none" if yes else review.value,
        interactive=interactive,
        show_usage=show_usage,
        show_all=show_all,
    )
    streams = output_format is OutputFormat.stream_json
    ui = EventUi(terminal, sys.stdout) if streams else terminal
    record = Record()
    keeper: Keeper | None = None
    error: BaseException | None = None
    try:
        if isinstance(ui, EventUi):
            ui.say("started", task=words, model=named_model(ctx, model, endpoint))
        source = open_source(directory, terminal)
        if applies:
            require_git(source, "to change files")
        store = SessionStore(source) if isinstance(source, Git) else None
        session = None
        if continue_ or resume is not None:
            chats = SessionStore(require_git(source, "to keep chats"))
            session = chats.latest() if resume is None else chats.open(resume)
        job_options = JobOptions(
            sampling=Sampling(
                temperature=temperature,
                top_p=top_p,
                min_p=min_p,
                seed=seed,
                max_new_tokens=max_new_tokens,
                n_attempts=attempts,
            ),
            context_limit=context_limit,
            attention=attention.value,
            working_set_tokens=working_set,
            directory=directory,
            include=tuple(include),
            exclude=tuple(exclude),
            apply=applies,
            allow_dirty=allow_dirty,
            allow_syntax_errors=allow_syntax_errors,
            test_command=test_command(test_cmd, source, terminal, asks=interactive and not yes),
            test_timeout_s=test_timeout,
            sandboxed=not no_sandbox,
            max_repairs=max_repairs,
            allowance=allowance,
            tests_all=show_all,
            constrained=not unconstrained,
            allow_truncated=allow_truncated,
        )
        request = None
        if pull:
            git = require_git(source, "to make a branch")
            settings = PullSettings(forge.value if forge else None, remote, draft)
            tested = job_options.test_command
            request = single(git, words, tested, branch=branch, model=model, attempts=attempts, settings=settings)
            wanted = replace(wanted, branch=request.task.branch, moves_from=request.moves_from)
        deliver: Callable[[Record], None] = no_delivery
        with working_in(source, wanted, terminal) if isinstance(source, Git) else nullcontext() as place:
            if place is not None:
                require_in_checkout(job_options.test_command, source.root, place.git.root)
            opened = services(ctx).open_model(
                named_model(ctx, model, endpoint),
                device=device,
                on_progress=ui.on_progress,
                endpoint=endpoint,
                cache_bytes=in_bytes(cache_size),
            )
            request = request and request.written_by(opened.name)
            if place is not None:
                subject = partial(request.subject, opened) if request else None
                if request:
                    place.on_commit = request.note
                deliver = delivering(place, words, opened.name, message, subject=subject, signoff=signoff)
            keeper = Keeper(ctx, source, words, session.id if session else None, terminal)
            job = Job(place.git if place else source, opened, job_options, ui, record, deliver, keeper.keep)
            job.run(words, session.turns if session else (), keeper.rounds)
        if wanted.elsewhere and worktree is None:
            record.change = None  # its work tree is gone, and the way back with it
        if request and (published := request.open(record)):
            for note in published.notes:
                _note(f"The pull request is {note}.", record, ui)
        if store is not None and record.status != "declined":
            _remember(record, session, store, ui)
    except BaseException as raised:
        error = raised
        if record.change is not None:
            raised.add_note("the change was in place by then")
        raise
    finally:
        if keeper is not None:
            keeper.ended(None if record.change else error)
        terminal.ended(record)
        if streams or output_format is OutputFormat.json:
            write_line(sys.stdout, outcome_json(record, error))
        elif record.status == "proposed":
            put(record.diff)
        if output is not None and record.patch is not None:
            _write(output, record.diff)


def _note(text: str, record: Record, ui: Ui) -> None:
    record.notes.append(text)
    ui.on_note(text)


def _remember(record: Record, session: Session | None, store: SessionStore, ui: Ui) -> None:
    """Keep the chat. The change is in place by now: that a chat cannot be kept does not make the run a failure."""
    try:
        (session or store.create()).append(*record.said)
    except SessionError as error:
        _note(f"This chat is not kept: {error}", record, ui)


def _write(output: Path, diff: bytes) -> None:
    try:
        output.write_bytes(diff)
    except OSError as error:
        raise WriteError(f"{output} cannot be written: {error.strerror}") from error
