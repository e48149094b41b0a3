"""Runs that were interrupted: kept as they go, and gone on with by `magicode -r ID`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from agent.errors import WriteError
from agent.terminal import Terminal
from agent.unfinished import Round, Unfinished, UnfinishedStore
from repo_index.folder import Source

_META = "magicode.unfinished"
_OWN = frozenset({"task", "resume", "continue_", "directory"})  # they say which run, not how


class Keeper:
    """Keeps one run until it has ended by itself."""

    def __init__(self, ctx: typer.Context, source: Source, task: str, session: str | None, terminal: Terminal) -> None:
        """Know the run; one that goes on with another takes its place."""
        self._store, self._terminal = UnfinishedStore(source.root), terminal
        asked = {name: value for name, value in ctx.params.items() if name not in _OWN}
        self._asked = {name: str(value) if isinstance(value, Path) else value for name, value in asked.items()}
        self._asked["task"] = task
        self._session = session
        self._id, unfinished = ctx.meta.get(_META, (UnfinishedStore.new_id(), None))
        self.rounds: Sequence[Round] = unfinished.rounds if unfinished else ()
        self._is_kept = unfinished is not None

    def keep(self, rounds: Sequence[Round]) -> None:
        """Write down how far it has come; that this is impossible does not end the run."""
        self.rounds = rounds
        try:
            self._store.keep(self._id, Unfinished(self._asked, self._session, tuple(rounds)))
            self._is_kept = True
        except (WriteError, TypeError) as error:  # a value that is no JSON is a value that cannot be given again
            if self._is_kept:
                self._terminal.note(f"What comes now is not kept: {error}", style="yellow")
            self._is_kept = False

    def ended(self, error: BaseException | None) -> None:
        """Forget the run, unless it was interrupted with an answer there: then say how to go on with it."""
        if isinstance(error, KeyboardInterrupt) and self._is_kept and self.rounds:
            if not hasattr(error, "__notes__"):
                error.add_note("nothing was changed")
            n_answers = sum(len(each.answers) for each in self.rounds)
            error.add_note(
                f"`magicode -r {self._id}` goes on with the {n_answers} answer{'s' * (n_answers != 1)} so far"
            )
        elif self._is_kept:
            self._store.forget(self._id)


def go_on(ctx: typer.Context, job_id: str | None, source: Source) -> bool:
    """Run again what was interrupted under an id, with the options that it had and those given now.

    Returns whether there is such a run.
    """
    store = UnfinishedStore(source.root)
    unfinished = store.get(job_id) if job_id else None
    if unfinished is None:
        return False
    ctx.meta[_META] = (job_id, unfinished)
    for param in ctx.command.params:
        value = unfinished.asked.get(param.name)
        if param.name in unfinished.asked and not _is_given(ctx, param.name):
            ctx.params[param.name] = None if value is None else param.process_value(ctx, value)
    ctx.params |= {"resume": unfinished.session, "continue_": False}
    callback: Any = ctx.command.callback
    callback(**ctx.params)
    return True


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
