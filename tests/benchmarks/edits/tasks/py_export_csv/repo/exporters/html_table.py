"""A table as HTML."""

from html import escape


def export(columns, rows):
    """Return the table as a table element."""
    lines = ["<table>", _row("th", columns)]
    lines += [_row("td", row) for row in rows]
    lines.append("</table>")
    return "\n".join(lines) + "\n"


def _row(tag, values):
    cells = "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values)
    return f"<tr>{cells}</tr>"
