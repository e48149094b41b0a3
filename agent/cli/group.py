"""The command group: a task is a command of its own, and errors are exit codes."""

import difflib
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from agent.errors import AgentError, exit_code_of
from agent.escape import printable
from model.errors import ModelError
from repo_index.errors import RepoError

_OWN_OPTIONS = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})


class Group(TyperGroup):
    """`magicode "TASK"` is `magicode run "TASK"`; our errors end the process with their exit codes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before a task."""
        if args and args[0] not in _OWN_OPTIONS and args[0] not in self.commands:
            self._refuse_typo(ctx, args[0])
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def _refuse_typo(self, ctx: Any, word: str) -> None:
        close = difflib.get_close_matches(word, self.commands, n=1, cutoff=0.75)
        if close and " " not in word:
            ctx.fail(f"no such command: {word!r}. Did you mean {close[0]!r}? If it is a task, use `magicode run`.")

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error of ours is a sentence and an exit code, not a traceback."""
        try:
            return super().invoke(ctx)
        except (AgentError, RepoError, ModelError) as error:
            _say(f"magicode: {error}", style="red")
            raise typer.Exit(int(exit_code_of(error))) from error
        except KeyboardInterrupt as error:
            _say("magicode: interrupted; your files are as they were", style="yellow")
            raise typer.Exit(int(exit_code_of(error))) from error


def _say(text: str, *, style: str) -> None:
    Console(stderr=True, soft_wrap=True).print(Text(printable(text, keep="\n\t"), style=style))
