"""Which tests failed, read from what a test runner prints, and the lines that say why."""

import re
from collections.abc import Iterable

# Each finds the name of a failed test; what a line means does not depend on which runner was called.
_FAILED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^(?:FAILED|ERROR) (\S+::\S+|\S+\.py)(?: - .*)?$",  # pytest
        r"^(?:FAIL|ERROR): (\S+ \(\S+?\))",  # unittest
        r"^\s*--- FAIL: (\S+)",  # go test
        r"^test (\S+) \.\.\. FAILED$",  # cargo test
        "^\\s*\u25cf (?!Console)(\\S.*)$",  # jest
        "^\\s*(?:FAIL|\u00d7|\u2717)\\s{1,2}(\\S.+ > .+?)(?: \\d+ms)?$",  # vitest
        r"^not ok \d+ -? ?(.+?)(?: # .*)?$",  # TAP: node --test, bats
        r"^\s*✖ (.+?)(?: \([\d.]+m?s\))?$",  # node --test, spec reporter
        r"^\[ERROR\]\s+(\S+\.\S+:\d+)",  # maven
        r"^(\S+ > .+) FAILED$",  # gradle
    )
)
# Where a runner begins to say why. What stands before is progress, collection and what passed.
_REASONS = re.compile(
    r"^(?:=+ (?:FAILURES|ERRORS) =+|=+\n(?:FAIL|ERROR): |--- FAIL|failures:|\s*● |not ok |Traceback |\s*✖ )",
    re.MULTILINE,
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SUMMARIES = frozenset({"failing tests:"})


def failed_tests(output: str) -> frozenset[str]:
    """Return the names of the tests that failed, as the runner writes them; none where the output has none."""
    plain = _ESCAPES.sub("", output)
    names = (match[1].strip() for pattern in _FAILED for match in pattern.finditer(plain))
    return frozenset(name for name in names if name not in _SUMMARIES)


def reasons(output: str) -> str:
    """Return the part of a test runner's output that says why tests failed, or all of it where none can be told."""
    plain = _ESCAPES.sub("", output)
    found = _REASONS.search(plain)
    return plain[found.start() :] if found else plain


def n_reasons(output: str) -> int:
    """Count the places where a runner says why: more of them than before are a new failure, whatever it is called."""
    return len(_REASONS.findall(_ESCAPES.sub("", output)))


def newly_failed(after: Iterable[str], before: Iterable[str]) -> frozenset[str]:
    """Return the failures that a change brought."""
    return frozenset(after) - frozenset(before)
