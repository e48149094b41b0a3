"""Flags that several commands share."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli import completion
from agent.cli.settings import configure, configure_if_possible, setting
from agent.options import WORKING_SET_TOKENS
from model.catalogue import DEFAULT_MODEL
from model.endpoint.settings import CONNECTIONS, FIRST_TOKEN_S


def _working_in(callback: Callable[[typer.Context, Path], Path] | None = None) -> Any:
    """Declare `--cd`; a callback is called before other options are read."""
    return typer.Option(
        *("-C", "--cd"),
        metavar="DIR",
        help="Work in the repository that holds DIR.",
        show_default=False,
        callback=callback,
        is_eager=callback is not None,
    )


Directory = Annotated[Path, _working_in(configure)]
ReadableDirectory = Annotated[Path, _working_in(configure_if_possible)]
PlainDirectory = Annotated[Path, _working_in()]
Model = Annotated[
    str,
    setting(
        *("-m", "--model"),
        metavar="NAME",
        help="Catalogue name, directory or Hugging Face id.",
        autocompletion=completion.models,
    ),
]
BaseUrl = Annotated[
    str | None,
    setting(
        "--base-url",
        metavar="URL",
        help="Ask a server with an OpenAI API, whose models -m names; its key is MAGICODE_API_KEY.",
    ),
]
Connections = Annotated[
    int, setting("--connections", min=1, max=256, metavar="N", help="Requests to the server at once, for -n.")
]
ServerTimeout = Annotated[
    float,
    setting(
        "--server-timeout",
        min=1.0,
        metavar="SECONDS",
        help="For the server's first token; a tenth of it for each further one.",
    ),
]
Device = Annotated[str, setting("--device", metavar="NAME", help="auto, cpu, cuda or mps.")]
Include = Annotated[
    list[str],
    setting(
        "--include",
        metavar="PATTERN",
        help="Read only what matches (gitignore syntax).",
        default_factory=list,
        show_default=False,
    ),
]
Exclude = Annotated[
    list[str],
    setting("--exclude", metavar="PATTERN", help="Leave out what matches.", default_factory=list, show_default=False),
]
ContextLimit = Annotated[
    int | None, setting("--context-limit", min=1, metavar="TOKENS", help="Use at most this much of the model's window.")
]
WorkingSet = Annotated[
    int, setting("--working-set", min=256, metavar="TOKENS", help="How much is in view where not all is.")
]
CacheSize = Annotated[
    float | None,
    setting(
        "--cache-size",
        min=0.0,
        metavar="GB",
        help="What was read of repositories may take so much of the disk; 12, or less on a small one.",
        show_default=False,
    ),
]
AllowDirty = Annotated[bool, setting("--allow-dirty", help="Change files with uncommitted work, too.")]
AllowSyntaxErrors = Annotated[bool, setting("--allow-syntax-errors", help="Take a change that breaks a file's syntax.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Apply without asking.")]
MaxNewTokens = Annotated[int, setting("--max-new-tokens", min=1, metavar="N", help="Tokens an answer may have.")]
Temperature = Annotated[float, setting("--temperature", min=0.0, metavar="T", help="0 takes the likeliest token.")]
Seed = Annotated[int, setting("--seed", metavar="N", help="Makes draws repeatable.")]
TestTimeout = Annotated[float, setting("--test-timeout", min=1.0, metavar="SECONDS", help="For the test command.")]
NoSandbox = Annotated[bool, setting("--no-sandbox", help="Run tests with all your rights.")]
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


class Attention(StrEnum):
    """How much of the repository is in view."""

    auto = "auto"
    dense = "dense"
    memory = "memory"


AttentionMode = Annotated[
    Attention,
    setting(
        "--attention",
        help="Read all of the repository, or what the task is routed to; auto: all, if it fits. "
        "dense also encodes anew what stands behind an edit.",
    ),
]


class ForgeName(StrEnum):
    """Forges that are spoken to."""

    github = "github"
    gitlab = "gitlab"
    gitea = "gitea"


Pull = Annotated[bool, typer.Option("--pr", help="Push the branch and open a pull request, or update it.")]
ForgeKind = Annotated[
    ForgeName | None, typer.Option("--forge", help="What a host is that is not known; Forgejo counts as gitea.")
]
RemoteName = Annotated[str, typer.Option("--remote", metavar="NAME", help="Where --pr pushes to.")]
Draft = Annotated[bool, typer.Option("--draft", help="Open pull requests as drafts.")]
Signoff = Annotated[bool, typer.Option("--signoff", help="Sign commits off with your name.")]
HERE = Path()
__all__ = ["CONNECTIONS", "DEFAULT_MODEL", "FIRST_TOKEN_S", "HERE", "WORKING_SET_TOKENS"]
