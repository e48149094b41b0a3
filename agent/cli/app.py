"""The application and its commands."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from agent.cli import apply, context, models, run, sessions
from agent.cli.group import Group

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _print_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"magicode {version('magicode')}\n")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Edit a whole repository with a local language model. `magicode "TASK"` is short for `magicode run "TASK"`."""


app.command("run")(run.run)
app.command("apply")(apply.apply)
app.command("undo")(apply.undo)
app.command("context")(context.context)
app.command("sessions")(sessions.sessions)
app.add_typer(models.app, name="models")
