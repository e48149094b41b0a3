"""Commit messages as tasks: which ones say what to do, and what of them is only for the record."""

import re

MIN_LETTERS = 15

_TRAILER = re.compile(r"^(?:[A-Z][A-Za-z]*(?:-[A-Za-z]+)+|Bug|Cc)\s*:\s+\S|^\(cherry picked from")
_RULE = re.compile(r"^[-=_*]{3,}$")
_CHORE = re.compile(
    r"""
    ^(?:merge|revert|reapply|roll\s?back|backport|release|releasing|prepare\ (?:for\ )?(?:next|release|the\ next)|
        version|v?\d+\.\d+|bump|upgrade|reformat|format|lint|linting|prettier|gofmt|rustfmt|cargo\ fmt|cargo\ update|
        apply\ (?:format|lint|prettier)|update\ (?:all\ |the\ )?(?:dev\ )?(?:dep|changelog|change\ log|lock|licen[cs]e|
        copyright|submodule|translations|pre-commit|readme|contributors|go\.mod|requirements)|
        (?:build|chore|fix|ci)\(deps(?:-dev)?\)|(?:chore|build)(?:\([^)]*\))?:\ (?:release|bump|update\ dep|upgrade)|
        chore\(release\)|style(?:\([^)]*\))?:|go\.mod:|all:\ upgrade|gopls:\ (?:update|upgrade)\ dep|deps?:|
        \[maven-release-plugin\]|\[pre-commit\.ci\]|\[automated\])
    | \b(?:update\ tap|changelog|release\ notes|typos?|(?:ruff|pre-commit)\ hooks?)\b
    | \b(?:bump|bumps|upgrade)\b.*\b(?:from|to|version|dep\w*)\b
    | \brelease\ v?\d
    """,
    re.IGNORECASE | re.VERBOSE,
)


def task_of(message: str) -> str | None:
    """Return a commit's message as a task, or None where it does not say one.

    It has to be a sentence: at least 15 letters in the subject. Messages about releases, dependencies, change logs,
    formatting, merges and reverts are none. Trailers are left out; conventional prefixes and issue numbers stay.
    """
    subject, _, body = message.strip().partition("\n")
    subject = subject.strip()
    if sum(letter.isalpha() for letter in subject) < MIN_LETTERS or _CHORE.search(subject):
        return None
    lines = [line.rstrip() for line in body.strip("\n").splitlines()]
    kept = [line for line in lines if not _TRAILER.match(line) and not _RULE.match(line)]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return f"{subject}\n\n{body}" if body else subject
