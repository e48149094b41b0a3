"""How a patch was placed and checked, in sentences: what the user should know before taking it."""

from collections.abc import Iterator

from agent.place import Placement
from agent.tiers import Tier
from agent.validate import ValidatedPatch
from agent.writer import listed

_MANY = 20  # hunks that are told one by one
_ASIDE: dict[Tier, str] = {
    "exact": "",
    "trailing space": ", trailing space aside",
    "indentation": ", indentation aside: its lines are indented as the file is",
    "punctuation": ", indentation and typographic punctuation aside",
}


def placed_as(patch: ValidatedPatch) -> tuple[str, ...]:
    """Say where each hunk was put that stands elsewhere, or reads otherwise, than its diff says, and what is unchecked.

    A patch whose hunks all fit to the letter is one sentence; one that has none is not spoken of.
    """
    return tuple(_sentences(patch))


def _sentences(patch: ValidatedPatch) -> Iterator[str]:
    n_hunks = len(patch.placements)
    odd = [placement for placement in patch.placements if placement.tier != "exact" or placement.offset]
    if n_hunks and not odd:
        yield f"Placed exactly: {_counted(n_hunks, 'hunk')}."
    elif odd:
        yield f"Placed exactly: {n_hunks - len(odd)} of {_counted(n_hunks, 'hunk')}. Placed otherwise:"
        yield from (f"  {_told(placement)}" for placement in odd[:_MANY])
        if len(odd) > _MANY:
            yield f"  and {len(odd) - _MANY} more"
    if patch.unchecked:
        yield f"Not checked for syntax, for want of a grammar: {listed(patch.unchecked)}."
    if patch.findings:
        yield "Syntax errors that were allowed:"
        yield from (f"  {finding}" for finding in patch.findings[:_MANY])
        if len(patch.findings) > _MANY:
            yield f"  and {len(patch.findings) - _MANY} more"


def _told(placement: Placement) -> str:
    offset = f" (offset {_counted(placement.offset, 'line')})" if placement.offset else ""
    return (
        f"{placement.path}, hunk {placement.hunk_index + 1}: at line {placement.old_start}{offset}"
        f"{_ASIDE[placement.tier]}"
    )


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if abs(n) == 1 else f"{n} {what}s"
