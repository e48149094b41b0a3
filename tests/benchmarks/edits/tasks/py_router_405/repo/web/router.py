"""Finds the handler of a request."""

from web.errors import NotFound


class Router:
    """Routes, of which the first that fits wins.

    A part of a pattern in angle brackets, as in /users/<name>, fits everything,
    and the handler gets it as an argument.
    """

    def __init__(self):
        self._routes = []

    def add(self, method, pattern, handler):
        """Add a route."""
        self._routes.append((method.upper(), _parts(pattern), handler))

    def find(self, method, path):
        """Return the handler of a request and its arguments."""
        parts = _parts(path)
        for route_method, pattern, handler in self._routes:
            if route_method != method.upper():
                continue
            arguments = _fit(pattern, parts)
            if arguments is not None:
                return handler, arguments
        raise NotFound(path)


def _parts(path):
    return [part for part in path.split("/") if part]


def _fit(pattern, parts):
    """Return the arguments in a path, or None if it does not fit the pattern."""
    if len(pattern) != len(parts):
        return None
    arguments = {}
    for expected, part in zip(pattern, parts):
        if expected.startswith("<") and expected.endswith(">"):
            arguments[expected[1:-1]] = part
        elif expected != part:
            return None
    return arguments
