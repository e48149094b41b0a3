"""`magicode doctor`: is all that magicode needs on this machine?"""

import json
import sys
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from agent.cli import options
from agent.cli.settings import WHY_NOT_CONFIGURED
from agent.errors import ExitCode
from agent.escape import printable

if TYPE_CHECKING:
    from agent.doctor import Finding

_STYLES = {"ok": "green", "note": "yellow", "missing": "bold red"}


def doctor(
    ctx: typer.Context,
    directory: options.ReadableDirectory = options.HERE,
    *,
    model: options.Model = options.DEFAULT_MODEL,
    verify: Annotated[bool, typer.Option("--verify", help="Read models as a whole and check their digests.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Look at what magicode needs: git, kernels, memory, disk, models, caches, sandbox, accelerator.

    Each finding says what to do. It ends with 1 if something is missing without which nothing works.
    """
    from agent.doctor import Finding, examine  # noqa: PLC0415 - `magicode --help` needs none of it
    from model.store import ModelStore  # noqa: PLC0415

    del directory  # it says whose configuration counts, and has done so by now
    console = Console()
    findings: list[Finding] = []
    configuration = []
    if why := ctx.meta.get(WHY_NOT_CONFIGURED):
        configuration.append(
            Finding("configuration", "missing", why, "Correct the file; until then nothing runs here.")
        )
    for finding in chain(configuration, examine(model, ModelStore(), verify=verify)):
        findings.append(finding)
        if not as_json:
            _show(finding, console)
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings]) + "\n")
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(int(ExitCode.UNEXPECTED))


def _show(finding: "Finding", console: Console) -> None:
    """Print a finding: in columns on a terminal, elsewhere on lines that a program can cut."""
    head = Text(f"{finding.state:<7}", style=_STYLES[finding.state])
    detail, advice = Text(printable(finding.detail)), Text(printable(finding.advice), style="dim")
    if not console.is_terminal:
        console.print(Text.assemble(head, f"  {finding.name:<18}  ", detail), soft_wrap=True)
        if finding.advice:
            console.print(Text.assemble(" " * 29, advice), soft_wrap=True)
        return
    row = Table.grid(padding=(0, 2))
    row.add_column(width=7)
    row.add_column(width=18)
    row.add_column()
    row.add_row(head, printable(finding.name), Group(detail, advice) if finding.advice else detail)
    console.print(row)
