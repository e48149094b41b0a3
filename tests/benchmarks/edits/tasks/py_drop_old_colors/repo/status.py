"""The status of the servers as lines of text."""

from colors import paint

COLORS = {"up": "green", "slow": "yellow", "down": "red"}


def status_line(server, state):
    """Return the line of one server."""
    return f"{server:<10} {paint(state, COLORS[state])}"


def report(states):
    """Return all lines, sorted by the names of the servers."""
    return [status_line(server, states[server]) for server in sorted(states)]
