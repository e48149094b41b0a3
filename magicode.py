"""Starts magicode. It stands alone, so that it can say so where another package has taken the place of ours."""

import sys
from importlib.util import find_spec
from pathlib import Path

_HOME = Path(__file__).resolve().parent
_OURS = ("agent", "model", "repo_index")


_INTERRUPTED = 130  # as `agent.errors.ExitCode` has it, which is not imported yet


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        _main()
    except KeyboardInterrupt:  # so early that nobody else has caught it
        sys.stderr.write("magicode: interrupted; nothing was changed\n")
        sys.exit(_INTERRUPTED)


def _main() -> None:
    for name in _OURS:
        spec = find_spec(name)
        found = [spec.origin] if spec and spec.origin else list(spec.submodule_search_locations or ()) if spec else []
        if found != [str(_HOME / name / "__init__.py")]:
            sys.exit(
                f"magicode: its package {name!r} in {_HOME} is shadowed by {', '.join(found) or 'nothing'}.\n"
                "Something of that name comes first on Python's path: unset PYTHONPATH, or install magicode into an "
                "environment of its own (pipx, uv tool)."
            )
    from agent.cli.app import main as run  # noqa: PLC0415 - only once we know that it is ours
    from agent.interrupts import treat_stops_as_interrupts  # noqa: PLC0415

    treat_stops_as_interrupts()
    run()


if __name__ == "__main__":
    main()
