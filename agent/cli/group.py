"""The command group: a task is a command of its own, and errors are exit codes."""

import difflib
import sys
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup, TyperOption

from agent.errors import AgentError, exit_code_of, message_of
from agent.escape import printable
from model.errors import ModelError
from repo_index.errors import RepoError

_OWN_OPTIONS = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})
_TASK_COMMAND = "run"


class Group(TyperGroup):
    """`magicode "TASK"` is `magicode run "TASK"`; our errors end the process with their exit codes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command first: `run` before a task, and the command's name before its options."""
        if args and args[0] not in _OWN_OPTIONS and args[0] not in self.commands:
            at = self._first_word(args)
            if at is not None and args[at] in self.commands:  # `magicode -C dir undo`
                args = [args[at], *args[:at], *args[at + 1 :]]
            else:
                if at is not None:
                    self._refuse_typo(ctx, args[at])
                args = [_TASK_COMMAND, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer what `run` takes, too, where its name was left out."""
        found: list[Any] = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            known = {item.value for item in found}
            more = self.commands[_TASK_COMMAND].shell_complete(ctx, incomplete)
            found += (item for item in more if item.value not in known)
        return found

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error of ours is a sentence and an exit code, not a traceback."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here a reader that has gone away is noticed quietly, at exit it is a traceback
        except (AgentError, RepoError, ModelError) as error:
            say_error(message_of(error))
            raise typer.Exit(int(exit_code_of(error))) from error
        except KeyboardInterrupt as error:
            if sys.stderr.isatty():
                sys.stderr.write("\n")  # the terminal has just shown ^C
            outcome = "" if hasattr(error, "__notes__") else "; nothing was changed"
            say_error(f"{message_of(error)}{outcome}")
            raise typer.Exit(int(exit_code_of(error))) from error
        return result

    def _first_word(self, args: list[str]) -> int | None:
        """Return the index of the first argument that is neither an option of `run` nor the value of one."""
        options = (param for param in self.commands[_TASK_COMMAND].params if isinstance(param, TyperOption))
        with_value = {name for option in options if not option.is_flag for name in option.opts}
        at = 0
        while at < len(args) and args[at] != "--":
            if args[at] == "-" or not args[at].startswith("-"):
                return at
            at += 2 if args[at] in with_value else 1
        return None

    def _refuse_typo(self, ctx: Any, word: str) -> None:
        close = difflib.get_close_matches(word, self.commands, n=1, cutoff=0.75)
        if close:
            ctx.fail(f"no such command: {word!r}. Did you mean {close[0]!r}?\nA task of one word: magicode run {word}")


def say_error(text: str) -> None:
    """Print an error on standard error."""
    console = Console(stderr=True)
    said = Text(printable(f"magicode: {text}", keep="\n\t"), style="red")
    console.print(said, soft_wrap=not console.is_terminal)
