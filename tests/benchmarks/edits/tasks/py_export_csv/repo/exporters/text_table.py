"""A table as text, for the terminal."""


def export(columns, rows):
    """Return the table with columns as wide as their values."""
    table = [list(columns), *[[str(value) for value in row] for row in rows]]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    lines = []
    for row in table:
        cells = [value.ljust(width) for value, width in zip(row, widths)]
        lines.append("  ".join(cells).rstrip())
    return "".join(line + "\n" for line in lines)
