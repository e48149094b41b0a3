"""The application and its commands."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from agent.cli import apply, batch, config, context, doctor, hashhop, models, run, sessions
from agent.cli.group import Group, say_error
from agent.cli.sections import Sectioned
from agent.cli.services import Services
from agent.errors import exit_code_of, message_of

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main(args: Sequence[str] | None = None, services: Services | None = None) -> None:
    """Run the command line (`args`, or what the process was given) and end with SystemExit and the exit code."""
    try:
        app(args, prog_name="magicode", obj=services)
    except Exception as error:  # noqa: BLE001 - whatever nobody foresaw ends here, as a sentence
        if os.environ.get("MAGICODE_DEBUG") == "1":
            traceback.print_exception(error)
        if isinstance(error, OSError):  # a full disk, a terminal that is gone: the system's doing, not ours
            say_error(f"the system refuses: {message_of(error)}")
        else:
            say_error(
                f"unexpected error: {message_of(error)}\nThis is a bug in magicode. "
                "Please report it with what the same command prints with MAGICODE_DEBUG=1 set."
            )
        sys.exit(int(exit_code_of(error)))


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - slow to import, seldom needed

        typer.echo(f"magicode {version('magicode')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Edit a whole repository with a local language model. `magicode "TASK"` is short for `magicode run "TASK"`."""


app.command("run", cls=Sectioned)(run.run)
app.command("apply", cls=Sectioned)(apply.apply)
app.command("undo")(apply.undo)
app.command("diff")(apply.diff)
app.command("batch", cls=Sectioned)(batch.batch)
app.command("context", cls=Sectioned)(context.context)
app.command("hashhop")(hashhop.hashhop)
app.add_typer(sessions.app, name="sessions")
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)
