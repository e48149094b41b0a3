"""Which tests failed, read from what a test runner prints, and the lines that say why."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# Each finds the name of a failed test; what a line means does not depend on which runner was called.
_FAILED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # pytest; what stands in brackets is a parameter, or what a subtest is about
        r"^(?:(?:SUB)?FAILED|ERROR)(?:[(\[].*?[)\]])? ([^\s:]+\.py(?:::[^\s[]+(?:\[.*?\](?= - |$))?)?)(?: - .*)?$",
        r"^(?:FAIL|ERROR): (\S+ \(\S+?\)(?: [\[(].*)?)$",  # unittest, with what a subtest is about
        r"^\s*--- FAIL: (\S+)",  # go test
        r"^FAIL\s+(\S+ \[(?:build|setup) failed\])$",  # go test
        r"^test (\S.*?) \.\.\. FAILED$",  # cargo test; those of documentation have blanks in their names
        r"^(\S+) --- FAILED$",  # cargo test -q
        r"^---- (\S.*?) stdout ----$",  # cargo test, whatever its verbosity
        "^\\s*\u25cf (?!Console)(\\S.*)$",  # jest
        "^\\s*(?:FAIL|\u00d7|\u2717)\\s{1,2}(\\S.+ > .+?)(?: \\d+ms)?$",  # vitest
        r"^\s*FAIL\s{1,2}(?:\|.*?\| )?(\S+) \[ .* \]$",  # vitest, a file that cannot be loaded
        r"^\s*not ok \d+ -? ?(.+?)(?: # .*)?$",  # TAP: node --test, bats
        r"^\s*✖ (?!failing tests)(.+?)(?: \([\d.]+m?s\))?$",  # node --test, spec reporter
        r"^\[ERROR\]\s+(\w\S*?\.[^\s:>]+?)(?:->\S+)?:\d+",  # maven; where in the test is no part of its name
        r"^\[ERROR\]\s+((?:\w+\.)+\w+) +(?:--|Time elapsed).*(?:FAILURE|ERROR)!",  # maven, as the tests run
        r"^(\S+ > .+) FAILED$",  # gradle
    )
)
# Where a runner or a compiler begins to say why. What stands before is progress, collection and what passed.
_REASONS = re.compile(
    r"^(?:=+ (?:FAILURES|ERRORS) =+|=+\n(?:FAIL|ERROR): |\s*--- FAIL| *FAIL {1,2}\S+ \[|panic: |failures:"
    r"|\s*● |\s*not ok |Traceback |\s*✖ |# node:internal/|# .*Error\b"
    r"|error(?:\[\w+\])?: |\S+[:(]\d+[^\n]{0,12}[:)]:? (?:fatal )?error\b|\S+\.go:\d+:\d+: |\[ERROR\] )",
    re.MULTILINE,
)
# Lines that a runner prints about itself, or about what passed: they cost a model time and tell it nothing.
_NOISE = re.compile(
    r"^\s*(?:ok \d+ -|ok\s+\S+\s+[\d.]+s$|✔ |test \S+ \.\.\. ok$|PASS\b|--- PASS|=== (?:RUN|PAUSE|CONT)\b"
    r"|at .*\(?node:internal/|\S.*\(node:(?:internal|async_hooks)[^)]*\)$|node:internal/|at .*/node_modules/"
    r"|(?:\.\.\.|---|\d+\.\.\d+)$|# (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|Subtest:|Node\.js) "
    r"|(?:failureType|exitCode|signal): \S+$|code: 'ERR_TEST_FAILURE'|error: 'test failed'|# +\^$|# +at node:"
    r"|at (?:java\.base|jdk\.internal|org\.junit|sun\.reflect)|duration_ms|\d+: (?:core|std|test|__rust)\w*::"
    r"|at /rustc/|Compiling |Downloading |Downloaded |Finished )"
)
# What `go test` says of a package, after what it says of the tests in it.
_GO_TEST, _GO_PACKAGE = "--- FAIL: ", re.compile(r"(ok  |FAIL)\t(\S+)\t[\d.]+s")
_LINE_OF_DOC = re.compile(r" \(line \d+\)$")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SUMMARIES = frozenset({"failing tests:"})


def failed_tests(output: str) -> frozenset[str]:
    """Return the names of the tests that failed, as the runner writes them; none where the output has none."""
    plain = _ESCAPES.sub("", output)
    names = (_LINE_OF_DOC.sub("", match[1].strip()) for pattern in _FAILED for match in pattern.finditer(plain))
    return frozenset(name for name in (*names, *_go_packages(plain)) if name not in _SUMMARIES)


def _go_packages(plain: str) -> Iterator[str]:
    """Yield the packages that failed though none of their tests did, as where one panics before them."""
    is_named = False
    for line in plain.splitlines():
        if line.lstrip().startswith(_GO_TEST):
            is_named = True
        elif found := _GO_PACKAGE.match(line):
            if found[1] == "FAIL" and not is_named:
                yield found[2]
            is_named = False


def reasons(output: str, root: Path) -> str:
    """Return what of a test runner's output says why tests failed, or all of it where none can be told.

    That is the part behind the first reason, without what the runner says of itself and of tests that passed. Paths
    below `root` are written as the repository names them.
    """
    plain = _ESCAPES.sub("", output).replace(f"{root}/", "")
    found = _REASONS.search(plain)
    if found is None:
        return plain
    lines = plain[found.start() :].splitlines(keepends=True)
    return "".join(line for line in lines if not _NOISE.match(line))


def n_reasons(output: str) -> int:
    """Count the places where a runner says why: more of them than before are a new failure, whatever it is called."""
    return len(_REASONS.findall(_ESCAPES.sub("", output)))


def newly_failed(after: Iterable[str], before: Iterable[str]) -> frozenset[str]:
    """Return the failures that a change brought."""
    return frozenset(after) - frozenset(before)
