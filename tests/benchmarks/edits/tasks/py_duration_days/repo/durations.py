"""Durations as people write them, such as 1h30m."""

import re

_PATTERN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_duration(text):
    """Return the seconds of a duration such as 1h30m, 45s or 2h.

    Raises ValueError if the text is something else.
    """
    compact = text.replace(" ", "").lower()
    match = _PATTERN.fullmatch(compact)
    if not compact or match is None:
        raise ValueError(f"not a duration: {text!r}")
    hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def format_duration(seconds):
    """Return seconds as a duration, with hours as the largest unit."""
    if seconds < 0:
        raise ValueError("a duration is not negative")
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(f"{hours}h")
    if minutes:
        parts.append(f"{minutes}m")
    if seconds or not parts:
        parts.append(f"{seconds}s")
    return "".join(parts)


def total_duration(texts):
    """Return the sum of several durations, as text."""
    return format_duration(sum(parse_duration(text) for text in texts))
