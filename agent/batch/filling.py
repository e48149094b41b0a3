"""Templates of task files: `{name}` stands for a field of the task, `{{` and `}}` for braces."""

import difflib
import string
from collections.abc import Iterator, Mapping, Sequence

from agent.batch.cells import quoted


def pieces(template: str, names: Sequence[str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield text, the name of the field behind it or None, and that one's format.

    Raises:
        ValueError: a name is unknown, or the braces do not match; the message says what is there.

    """
    for text, name, form, conversion in string.Formatter().parse(template):
        if name is not None and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean '{{{close[0]}}}'?" if close else f"there are {', '.join(f'{{{f}}}' for f in names)}"
            raise ValueError(f"has an unknown field {quoted('{' + name + '}')}; {hint}")
        if conversion:
            raise ValueError(f"asks for {{{name}}} in a form that is not known")
        yield text, name, form or ""


def filled(template: str, fields: Mapping[str, str]) -> str:
    """Fill a text with fields, as they are.

    Raises:
        ValueError: see `pieces`.

    """
    out: list[str] = []
    for text, name, form in pieces(template, list(fields)):
        if form:
            raise ValueError(f"asks for {{{name}}} in a form that is not known")
        out += [text] if name is None else [text, fields[name]]
    return "".join(out)
