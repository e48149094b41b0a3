"""Flags that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from agent.options import WORKING_SET_TOKENS
from model.catalogue import DEFAULT_MODEL

Directory = Annotated[
    Path, typer.Option("-C", "--cd", metavar="DIR", help="Work in the repository that holds DIR.", show_default=False)
]
Model = Annotated[
    str, typer.Option("-m", "--model", metavar="NAME", help="Catalogue name, directory or Hugging Face id.")
]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.")]
Include = Annotated[
    list[str],
    typer.Option(
        metavar="PATTERN", help="Read only what matches (gitignore syntax).", default_factory=list, show_default=False
    ),
]
Exclude = Annotated[
    list[str],
    typer.Option(metavar="PATTERN", help="Leave out what matches.", default_factory=list, show_default=False),
]
ContextLimit = Annotated[
    int | None, typer.Option(min=1, metavar="TOKENS", help="Use at most this much of the model's window.")
]
WorkingSet = Annotated[int, typer.Option(min=256, metavar="TOKENS", help="How much is in view where not all is.")]
AllowDirty = Annotated[bool, typer.Option("--allow-dirty", help="Change files with uncommitted work, too.")]
AllowSyntaxErrors = Annotated[
    bool, typer.Option("--allow-syntax-errors", help="Take a change that breaks a file's syntax.")
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Apply without asking.")]
Commit = Annotated[
    bool, typer.Option("--commit", help="Commit the change, and nothing else, to the branch you are on.")
]
Message = Annotated[
    str | None, typer.Option("--message", metavar="TEXT", help="The commit's message; else it is made of the task.")
]
Branch = Annotated[
    str | None,
    typer.Option("--branch", metavar="NAME", help="Commit to a new branch; your work tree stays as it is."),
]
Worktree = Annotated[
    Path | None,
    typer.Option("--worktree", metavar="DIR", help="Work in a new work tree of HEAD; yours stays as it is."),
]
HERE = Path()
__all__ = ["DEFAULT_MODEL", "HERE", "WORKING_SET_TOKENS"]
