"""The options of a command under headings, where it has many."""

from collections.abc import Mapping
from typing import Any

from typer.core import TyperCommand

_GENERAL = "Options"
_SECTIONS = {
    "Model": ("--model", "--base-url", "--connections", "--server-timeout", "--device"),
    "What is read": ("--include", "--exclude", "--context-limit", "--attention", "--working-set", "--cache-size"),
    "Answers": (
        *("--max-new-tokens", "--attempts", "--budget", "--show-all"),
        *("--temperature", "--top-p", "--min-p", "--seed", "--unconstrained"),
    ),
    "Tests": ("--test-cmd", "--test-timeout", "--max-repairs", "--no-sandbox"),
    "What is accepted": ("--allow-dirty", "--allow-syntax-errors", "--allow-truncated"),
    "Commits and pull requests": (
        *("--commit", "--message", "--branch", "--worktree"),
        *("--pr", "--forge", "--remote", "--draft", "--signoff"),
    ),
}
SECTION_OF: Mapping[str, str] = {name: section for section, names in _SECTIONS.items() for name in names}


class Sectioned(TyperCommand):
    """A command whose help shows options by what they are about; those of no section come first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then each section that has options."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in ("Arguments", _GENERAL, *_SECTIONS)}
        for param in self.get_params(ctx):
            if (record := param.get_help_record(ctx)) is None:
                continue
            is_option = param.param_type_name == "option"
            known = (SECTION_OF[name] for name in param.opts if name in SECTION_OF)
            sections[next(known, _GENERAL) if is_option else "Arguments"].append(record)
        for name, records in sections.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)
