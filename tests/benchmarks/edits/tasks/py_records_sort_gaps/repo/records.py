"""Questions to lists of rows, a row being a dict: filter, sort, group, and pick columns.

    Records(rows).where_equal("city", "Bern").sort_by("name").limit(3).rows()

Each step returns new Records; the rows that it was given are not changed.
"""

_MISSING = object()


class RecordsError(Exception):
    """A question does not make sense."""


class Records:
    """A list of rows."""

    def __init__(self, rows):
        self._rows = list(rows)

    def __len__(self):
        return len(self._rows)

    def __iter__(self):
        return iter(self._rows)

    def rows(self):
        """Return the rows as a list."""
        return list(self._rows)

    # Filters: a row that lacks the field is never kept

    def where(self, test):
        """Keep the rows for which a function returns true."""
        return Records(row for row in self._rows if test(row))

    def where_equal(self, field, value):
        """Keep the rows whose field has a value."""
        kept = []
        for row in self._rows:
            found = row.get(field, _MISSING)
            if found is _MISSING:
                continue
            if found == value:
                kept.append(row)
        return Records(kept)

    def where_less(self, field, value):
        """Keep the rows whose field is less than a value."""
        kept = []
        for row in self._rows:
            found = row.get(field)
            if found is None:
                continue
            if found < value:
                kept.append(row)
        return Records(kept)

    def where_greater(self, field, value):
        """Keep the rows whose field is greater than a value."""
        kept = []
        for row in self._rows:
            found = row.get(field)
            if found is None:
                continue
            if found > value:
                kept.append(row)
        return Records(kept)

    def where_between(self, field, low, high):
        """Keep the rows whose field is between two values, both included."""
        if high < low:
            raise RecordsError(f"{high} is less than {low}")
        kept = []
        for row in self._rows:
            found = row.get(field)
            if found is None:
                continue
            if low <= found <= high:
                kept.append(row)
        return Records(kept)

    def where_contains(self, field, part):
        """Keep the rows whose field is a text that contains another, in upper or lower case."""
        kept = []
        for row in self._rows:
            found = row.get(field)
            if found is None:
                continue
            if part.lower() in str(found).lower():
                kept.append(row)
        return Records(kept)

    # Order

    def reversed(self):
        """Turn the order around."""
        return Records(self._rows[::-1])

    def sort_by(self, field):
        """Sort by a field, the least first; equal rows keep their order."""
        return Records(sorted(self._rows, key=lambda row: row[field]))

    def sort_by_desc(self, field):
        """Sort by a field, the greatest first; equal rows keep their order."""
        return Records(sorted(self._rows, key=lambda row: row[field], reverse=True))

    def limit(self, count, start=0):
        """Keep so many rows from a position on."""
        if count < 0 or start < 0:
            raise RecordsError("a limit cannot be negative")
        return Records(self._rows[start : start + count])

    def unique_by(self, field):
        """Keep the first row of each value of a field; all rows that lack it are one group."""
        seen = set()
        kept = []
        for row in self._rows:
            found = row.get(field)
            if found in seen:
                continue
            seen.add(found)
            kept.append(row)
        return Records(kept)

    # Columns

    def pick(self, *fields):
        """Keep some fields of each row; those that a row lacks are None."""
        if not fields:
            raise RecordsError("pick at least one field")
        return Records({field: row.get(field) for field in fields} for row in self._rows)

    def rename(self, old, new):
        """Rename a field."""
        renamed = []
        for row in self._rows:
            if new in row and old in row:
                raise RecordsError(f"there is a field {new} already")
            renamed.append({new if field == old else field: value for field, value in row.items()})
        return Records(renamed)

    def with_field(self, field, make):
        """Add a field, or replace it, by what a function makes of each row."""
        return Records({**row, field: make(row)} for row in self._rows)

    def values(self, field):
        """Return the values of a field, leaving out the rows that lack it."""
        return [row[field] for row in self._rows if row.get(field) is not None]

    # Numbers

    def total(self, field):
        """Return the sum of a field."""
        return sum(self.values(field))

    def mean(self, field):
        """Return the mean of a field, or None where no row has it."""
        values = self.values(field)
        if not values:
            return None
        return sum(values) / len(values)

    def least(self, field):
        """Return the least value of a field, or None where no row has it."""
        values = self.values(field)
        if not values:
            return None
        return min(values)

    def greatest(self, field):
        """Return the greatest value of a field, or None where no row has it."""
        values = self.values(field)
        if not values:
            return None
        return max(values)

    # Groups

    def group_by(self, field):
        """Return a dict from each value of a field to the Records that have it, in the order of the rows."""
        groups = {}
        for row in self._rows:
            groups.setdefault(row.get(field), []).append(row)
        return {value: Records(rows) for value, rows in groups.items()}

    def count_by(self, field):
        """Return a dict from each value of a field to the number of rows that have it."""
        return {value: len(group) for value, group in self.group_by(field).items()}

    def total_by(self, field, summed):
        """Return a dict from each value of a field to the sum of another field."""
        return {value: group.total(summed) for value, group in self.group_by(field).items()}

    # Two tables

    def join(self, other, field):
        """Put together the rows of two tables that have the same value in a field; the other's fields win."""
        by_value = other.group_by(field)
        joined = []
        for row in self._rows:
            found = row.get(field)
            if found is None or found not in by_value:
                continue
            for match in by_value[found]:
                joined.append({**row, **match})
        return Records(joined)

    def without(self, other, field):
        """Keep the rows whose value in a field no row of another table has."""
        known = set(other.values(field))
        return Records(row for row in self._rows if row.get(field) not in known)
