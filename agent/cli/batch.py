"""`magicode batch`: a file of tasks, a branch for each."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from agent.cli import options
from agent.cli.services import in_bytes, named_endpoint, named_model, services
from agent.cli.settings import setting
from agent.errors import exit_code_of, message_of
from agent.options import JobOptions
from agent.terminal import Terminal
from model.api import Progress, Sampling
from model.disk import cache_root
from repo_index.errors import NotARepositoryError

if TYPE_CHECKING:
    from agent.batch.batch import Batch
    from agent.batch.listening import Listener
    from agent.batch.models import Model
    from agent.batch.plan import Task
    from agent.batch.repositories import Repository
    from agent.batch.taskfile import TaskFile
    from agent.batch.telling import JsonLines, LiveTable
    from agent.batch.work import Work


class FileFormat(StrEnum):
    """What a task file is written in."""

    yaml = "yaml"
    jsonl = "jsonl"
    csv = "csv"


def batch(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Tasks in YAML, JSON Lines or CSV; `-` is stdin.")],
    directory: options.Directory = options.HERE,
    *,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="Of FILE; else its name tells, and `-` is YAML.")
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="TEXT", help="Where a task does not say; {NAME} is its field.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option("--branch", metavar="TEMPLATE", help="Where a task does not say.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, metavar="N", help="Tasks at once; a model answers them together.")
    ] = 1,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Do them on a Ray cluster, --jobs on each node: `auto`, or HOST:PORT of its head."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make no branch and keep no state: the diffs are in the report.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do tasks again that failed.")] = False,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep what is done here, not in the git directory.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json, report.md and report.html there.")
    ] = None,
    format_patch: Annotated[
        Path | None, typer.Option("--format-patch", metavar="DIR", help="Write a patch for `git am` for each branch.")
    ] = None,
    pull: options.Pull = False,
    forge: options.ForgeKind = None,
    remote: options.RemoteName = "origin",
    draft: options.Draft = False,
    signoff: options.Signoff = False,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON lines on a terminal, too.")] = False,
    model: options.Model = options.DEFAULT_MODEL,
    base_url: options.BaseUrl = None,
    connections: options.Connections = options.CONNECTIONS,
    server_timeout: options.ServerTimeout = options.FIRST_TOKEN_S,
    device: options.Device = "auto",
    attempts: Annotated[
        int, setting("-n", "--attempts", min=1, max=64, metavar="N", help="Where a task does not say.")
    ] = 1,
    test_cmd: Annotated[str | None, setting("--test-cmd", metavar="COMMAND", help="Where a task does not say.")] = None,
    max_repairs: Annotated[
        int, setting("--max-repairs", min=0, max=100, metavar="N", help="Where a task does not say.")
    ] = 1,
    test_timeout: options.TestTimeout = 600.0,
    no_sandbox: options.NoSandbox = False,
    context_limit: options.ContextLimit = None,
    attention: options.AttentionMode = options.Attention.auto,
    working_set: options.WorkingSet = options.WORKING_SET_TOKENS,
    cache_size: options.CacheSize = None,
    max_new_tokens: options.MaxNewTokens = 2048,
    temperature: options.Temperature = 0.0,
    seed: options.Seed = 0,
    allow_syntax_errors: options.AllowSyntaxErrors = False,
) -> None:
    """Do a file of tasks, each on a branch of its own.

    The file is checked before anything starts. Each task is done in a work tree of its own in the git directory, and
    its change is committed to its branch; your work tree, index and stash are not touched. Run the same command
    again after a stop: what is done is not done again.

    On a terminal a table shows how far it is. Elsewhere each event is a JSON object a line; a summary comes last.
    """
    # here and not above: `magicode --help` needs none of it
    from agent.batch.batch import opened  # noqa: PLC0415
    from agent.batch.runner import Settings  # noqa: PLC0415
    from agent.batch.schema import DEFAULT_BRANCH, TaskSpec  # noqa: PLC0415
    from agent.forge.settings import PullSettings  # noqa: PLC0415

    if dry_run and format_patch is not None:
        raise typer.BadParameter("patches are made of branches, and --dry-run makes none", param_hint="--format-patch")
    if dry_run and pull:
        raise typer.BadParameter("pull requests are made of branches, and --dry-run makes none", param_hint="--pr")
    if ray and base_url:
        raise typer.BadParameter("the server answers all tasks; --jobs says how many at a time", param_hint="--ray")
    endpoint = named_endpoint(base_url, context_limit, connections, server_timeout)
    if named_model(ctx, model, endpoint) is None:  # commits and reports say which model it was
        raise typer.BadParameter("name one of the server's models", param_hint="--model")
    job = JobOptions(
        sampling=Sampling(temperature=temperature, seed=seed, max_new_tokens=max_new_tokens),
        context_limit=context_limit,
        attention=attention.value,
        working_set_tokens=working_set,
        allow_syntax_errors=allow_syntax_errors,
        test_timeout_s=test_timeout,
        sandboxed=not no_sandbox,
    )
    pulls = PullSettings(forge.value if forge else None, remote, draft) if pull else None
    settings = Settings(dry_run=dry_run, signoff=signoff, retry_failed=retry_failed, pulls=pulls)
    template = TaskSpec(
        *(0, 0, task or ""),
        branch=branch or DEFAULT_BRANCH,
        model=model,
        attempts=attempts,
        test_cmd=test_cmd or None,
        max_repairs=max_repairs,
    )
    tasks = _read(file, file_format)
    _make_folders(report, format_patch)
    with opened(
        tasks,
        template,
        settings,
        current=_current(directory),
        cache=cache_root() / "repositories",
        state_path=state,
    ) as opened_batch:
        open_model = partial(
            services(ctx).open_model, device=device, endpoint=endpoint, cache_bytes=in_bytes(cache_size)
        )
        doing = _Doing(open_model, job, jobs, ray, words_subjects=pull, uses_gpus=device != "cpu")
        _run(doing, opened_batch, report, format_patch, shows_table=sys.stdout.isatty() and not json_lines)


@dataclass(frozen=True, slots=True)
class _Doing:
    """Who is to do the tasks: a model here, or the workers of a cluster."""

    open_model: Callable[..., "Model"]
    job: JobOptions
    jobs: int
    ray: str | None
    words_subjects: bool
    uses_gpus: bool

    def __call__(self, tasks: "Sequence[Task]", listener: "Listener") -> "AbstractContextManager[Work]":
        """Begin to have the models."""
        from agent.batch.work import LocalWork  # noqa: PLC0415

        if self.ray is None or not tasks:
            open_model = partial(self.open_model, on_progress=listener.on_loading)
            return LocalWork(tasks, open_model, self.job, self.jobs, words_subjects=self.words_subjects)
        from agent.cluster.rays import ray_work  # noqa: PLC0415

        def on_start(place: str, error: Exception | None) -> None:
            listener.on_event(None, "worker", {"worker": place, "reason": message_of(error) if error else None})

        return ray_work(
            self.ray,
            tasks,
            partial(self.open_model, on_progress=_unheard),
            self.job,
            self.jobs,
            words_subjects=self.words_subjects,
            uses_gpus=self.uses_gpus,
            on_start=on_start,
        )


def _unheard(_progress: Progress) -> None:
    """Let progress on another machine pass."""


def _run(
    doing: _Doing,
    batch: "Batch",
    report: Path | None,
    format_patch: Path | None,
    *,
    shows_table: bool,
) -> None:
    error: BaseException | None = None
    with _listener(batch.n_todo, shows_table=shows_table) as listener:
        try:
            batch.run(partial(doing, listener=listener), listener)
        except BaseException as raised:
            error = raised
            if not batch.settings.dry_run:
                raised.add_note("the same command goes on where this one stopped")
            raise
        finally:
            code = _end(batch, error, listener, report, format_patch)
    raise typer.Exit(code)


def _end(
    batch: "Batch",
    error: BaseException | None,
    listener: "JsonLines | LiveTable",
    report: Path | None,
    format_patch: Path | None,
) -> int:
    """Write what there is to tell, also of a batch that was broken off; return the exit code."""
    from agent.batch.report import write_patches, write_reports  # noqa: PLC0415
    from agent.batch.results import summary_of, worst  # noqa: PLC0415
    from agent.batch.telling import JsonLines  # noqa: PLC0415

    results = batch.results
    code = int(exit_code_of(error)) if error else worst(result.exit_code for result in results)
    summary = summary_of(results, batch.seconds, code)
    if report is not None:
        write_reports(report, results, summary)
    if format_patch is not None:
        write_patches(format_patch, results)
    if isinstance(listener, JsonLines):
        listener.write(summary)
    else:
        listener.close()
        terminal = Terminal(Console())
        counts = ", ".join(f"{summary[f'n_{key}']} {key.replace('_', ' ')}" for key in _COUNTS if summary[f"n_{key}"])
        terminal.note(f"{summary['n_tasks']} tasks: {counts}; {summary['seconds']:.0f} s.", style="bold")
        if report is not None:
            terminal.note(f"The report is {report / 'report.html'}.")
    return code


_COUNTS = ("done", "done_before", "failed", "failed_before", "open")


@contextmanager
def _listener(n_todo: int, *, shows_table: bool) -> "Iterator[JsonLines | LiveTable]":
    from agent.batch.telling import JsonLines, LiveTable  # noqa: PLC0415

    if not shows_table:
        yield JsonLines(sys.stdout)
        return
    with LiveTable(Console(file=sys.stdout), n_todo) as table:
        yield table


def _read(file: str, file_format: FileFormat | None) -> "TaskFile":
    from agent.batch.taskfile import MAX_BYTES, TaskFile, format_of  # noqa: PLC0415

    format_ = format_of(file) if file_format is None else file_format.value
    if file == "-":
        return TaskFile(file, sys.stdin.buffer.read(MAX_BYTES + 1), format_, Path.cwd())
    path = Path(file)
    try:
        with path.open("rb") as stream:
            return TaskFile(file, stream.read(MAX_BYTES + 1), format_, path.resolve().parent)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="FILE") from error


def _current(directory: Path) -> "Repository | None":
    """Return the repository that the command was started in; there need be none."""
    from agent.batch.repositories import open_local  # noqa: PLC0415

    try:
        return open_local(directory)
    except NotARepositoryError:
        if directory != options.HERE:
            raise
        return None


def _make_folders(*folders: Path | None) -> None:
    """Make the folders that will be written to, before any work is done for them."""
    for folder in folders:
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise typer.BadParameter(f"{folder} cannot be made: {error.strerror}") from error
