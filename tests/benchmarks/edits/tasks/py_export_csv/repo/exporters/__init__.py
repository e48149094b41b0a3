"""Formats in which a table can be written.

Each has a module with a function export(columns, rows), which returns text: `columns` are
the names, and each of the `rows` is a list with as many values.
"""

from exporters import html_table, json_lines, text_table

EXPORTERS = {
    "html": html_table.export,
    "json": json_lines.export,
    "text": text_table.export,
}


def export(name, columns, rows):
    """Return a table as text in the format of this name."""
    if name not in EXPORTERS:
        raise ValueError(f"{name!r} is not one of {', '.join(sorted(EXPORTERS))}")
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{row!r} does not have {len(columns)} values")
    return EXPORTERS[name](columns, rows)
