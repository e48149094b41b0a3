"""What the model is told when its answer was not taken."""

import re
from collections.abc import Callable

from agent.errors import AgentError, FailingTestsError, PlacementError
from repo_index.prompt import render_repair

_TESTS = re.compile(r"[\w./-]*(?:test|spec)[\w./-]*", re.IGNORECASE)
_CUT = "[… the output's beginning was left out …]\n"


def leads_of(text: str) -> str:
    """Return of the turn that asks for a better answer what leads to the places that must change.

    The tests that a report names say where a mistake shows, not where it was made.
    """
    return _TESTS.sub("", text)


def repair_text(
    error: AgentError, fits: Callable[[str], bool], render: Callable[[str], str] = render_repair
) -> str | None:
    """Return the turn that asks for a better answer, or None where not even the reason alone fits the window.

    Of the output of failing tests as much of the end is kept as fits: that is where test runners sum up. A hunk that
    was not placed is shown beside the file's own lines. `render` makes the turn of a reason.
    """
    if isinstance(error, PlacementError) and error.evidence:
        text = render(f"{error}\n\n{error.evidence}".rstrip("\n"))
        if fits(text):
            return text
    output = error.output if isinstance(error, FailingTestsError) else ""
    whole = len(output)
    while True:
        shown = output if len(output) == whole else _CUT + output
        text = render(f"{error}\n\n{shown}".rstrip("\n"))
        if fits(text):
            return text
        if not output:
            return None
        output = output[len(output) // 2 + 1 :]
