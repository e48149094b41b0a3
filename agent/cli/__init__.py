"""The `magicode` command. Everything here parses arguments, calls and prints; the work is elsewhere."""

import sys
from importlib import import_module
from pathlib import Path

_OURS = ("agent", "model", "repo_index")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _check_packages()
    from agent.cli.app import app  # noqa: PLC0415 - only once we know that it is ours

    app(prog_name="magicode")


def _check_packages() -> None:
    """Refuse to run with somebody else's `agent`, `model` or `repo_index`: the names are plain ones."""
    home = Path(__file__).resolve().parents[2]
    for name in _OURS:
        found = getattr(import_module(name), "__file__", None)
        if found is None or Path(found).resolve().parent != home / name:
            where = found or "a folder without __init__.py"
            sys.exit(
                f"magicode: the package {name!r} is shadowed by {where}; "
                "run `magicode` from its own environment, without PYTHONPATH"
            )
