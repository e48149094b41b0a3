"""`magicode doctor`: is all that magicode needs on this machine?"""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import options
from agent.errors import ExitCode
from agent.escape import printable

_STYLES = {"ok": "green", "note": "yellow", "missing": "bold red"}


def doctor(
    directory: options.Directory = options.HERE,
    *,
    model: options.Model = options.DEFAULT_MODEL,
    verify: Annotated[bool, typer.Option("--verify", help="Read models as a whole and check their digests.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Look at what magicode needs: git, kernels, memory, disk, models, caches, sandbox, accelerator.

    Each finding says what to do. It ends with 1 if something is missing without which nothing works.
    """
    from agent.doctor import examine  # noqa: PLC0415 - `magicode --help` needs none of it
    from model.store import ModelStore  # noqa: PLC0415

    del directory  # it says whose configuration counts, and has done so by now
    console = Console()
    findings = []
    for finding in examine(model, ModelStore(), verify=verify):
        findings.append(finding)
        if not as_json:
            console.print(
                Text.assemble((f"{finding.state:<8}", _STYLES[finding.state]), f"{finding.name:<12}  "), end=""
            )
            console.print(Text(printable(finding.detail)), soft_wrap=not console.is_terminal)
            if finding.advice:
                console.print(
                    Text(f"{'':<22}{printable(finding.advice)}", style="dim"), soft_wrap=not console.is_terminal
                )
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings]) + "\n")
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(int(ExitCode.UNEXPECTED))
