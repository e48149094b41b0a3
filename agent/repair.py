"""What the model is told when its answer was not taken."""

from collections.abc import Callable

from agent.errors import AgentError, FailingTestsError, PlacementError
from repo_index.prompt import render_repair

_CUT = "[… the output's beginning was left out …]\n"


def repair_text(error: AgentError, fits: Callable[[str], bool]) -> str | None:
    """Return the turn that asks for a better answer, or None where not even the reason alone fits the window.

    Of the output of failing tests as much of the end is kept as fits: that is where test runners sum up. A hunk that
    was not placed is shown beside the file's own lines.
    """
    if isinstance(error, PlacementError) and error.evidence:
        text = render_repair(f"{error}\n\n{error.evidence}".rstrip("\n"))
        if fits(text):
            return text
    output = error.output if isinstance(error, FailingTestsError) else ""
    whole = len(output)
    while True:
        shown = output if len(output) == whole else _CUT + output
        text = render_repair(f"{error}\n\n{shown}".rstrip("\n"))
        if fits(text):
            return text
        if not output:
            return None
        output = output[len(output) // 2 + 1 :]
