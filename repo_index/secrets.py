"""Files that a model has no business with: secrets by their names, and credentials by what they hold.

Names and formats are those of gitleaks and detect-secrets that are sure by themselves; words such as `password = ` and
the entropy of a string are not looked at, since they leave out ordinary code.
"""

import math
import re
from collections import Counter
from fnmatch import fnmatchcase, translate
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    "credentials*.json",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
)
# What people commit on purpose: templates without values, and public halves of keys.
_PUBLIC_NAMES = (
    ".env.example",
    ".env.*.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "example.env",
    "sample.env",
    "*.pub",
)
_PLACES = (".aws/credentials", ".docker/config.json", ".kube/config", ".ssh/*")
_ANY_NAME = re.compile("|".join(map(translate, _NAMES)))

# Where a credential begins: as a word does, or behind an escape, as in `\nghp_…` and `%3Dghp_…`.
_START = rb"(?:\b|(?<=\\[abfnrtv])|(?<=%[0-9A-Fa-f]{2}))"
# What each kind begins with, which is searched for in every byte of a repository, and all of it.
_KINDS: tuple[tuple[str, tuple[bytes, ...], bytes], ...] = (
    (
        "private key",
        (b"PRIVATE KEY",),
        # The marker alone is common in source and documentation; a key has its Base64 body within a few headers.
        rb"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?s:.){0,200}?[A-Za-z0-9+/]{40}",
    ),
    ("AWS access key", (b"AKIA", b"ASIA"), _START + rb"(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("GitHub token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), _START + rb"gh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("GitHub token", (b"github_pat_",), _START + rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    ("GitLab token", (b"glpat-",), _START + rb"glpat-[\w-]{20,}"),
    ("Slack token", (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxr-", b"xoxs-"), _START + rb"xox[abprs]-\d{6,}-[\w-]{16,}"),
    ("Slack webhook", (b"hooks.slack.com/",), rb"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}"),
    ("Stripe key", (b"sk_live_", b"rk_live_"), _START + rb"[rs]k_live_[A-Za-z0-9]{24,}"),
    ("Anthropic key", (b"sk-ant-",), _START + rb"sk-ant-[\w-]{80,}"),
    ("OpenAI key", (b"sk-proj-",), _START + rb"sk-proj-[\w-]{40,}"),
    ("OpenAI key", (b"T3BlbkFJ",), _START + rb"sk-[\w-]{20,}T3BlbkFJ[\w-]{20,}"),
    ("Hugging Face token", (b"hf_",), _START + rb"hf_[A-Za-z]{34}\b"),
    ("npm token", (b"npm_",), _START + rb"npm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", (b"pypi-AgE",), _START + rb"pypi-AgE[\w-]{50,}"),
    ("SendGrid key", (b"SG.",), _START + rb"SG\.[\w-]{22}\.[\w-]{43}\b"),
    ("Azure storage key", (b"AccountKey=",), rb"AccountKey=[A-Za-z0-9+/]{86}=="),
)
_PATTERNS = tuple(re.compile(pattern) for _, _, pattern in _KINDS)
_OF_LITERAL = {literal: row for row, (_, literals, _) in enumerate(_KINDS) for literal in literals}
_LITERALS = tuple(_OF_LITERAL)
# What stands somewhat behind the beginning of those kinds whose beginning is no more than a few letters.
_OPENINGS = {b"PRIVATE KEY": b"-----BEGIN", b"T3BlbkFJ": b"sk-"}
_MAX_LEAD = 64
# Of documentation and tests; the last is the key that every installation of Azure's own emulator has.
_PLACEHOLDER = re.compile(
    rb"example|sample|dummy|fake|test|your|x{4}|0{4}|1{4}|1234|abcd|[*.]{3}|Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1",
    re.IGNORECASE,
)
_MIN_BITS = 3.0  # a character; random letters and digits have more than 4

RULES = repr((_KINDS, _PLACEHOLDER.pattern, _MIN_BITS))  # tells what `find_secret` finds


def secret_name(path: PurePosixPath) -> str | None:
    """Return the pattern by which a file is a secret for its name or place, or None."""
    name = path.name.lower()
    if _ANY_NAME.match(name) and not any(fnmatchcase(name, pattern) for pattern in _PUBLIC_NAMES):
        return next(pattern for pattern in _NAMES if fnmatchcase(name, pattern))
    if path.parent.name.startswith("."):
        place = f"{path.parent.name}/{path.name}".lower()
        return next((pattern for pattern in _PLACES if fnmatchcase(place, pattern)), None)
    return None


def find_secret(data: bytes) -> str | None:
    """Return which credential a file's bytes hold and in which line, or None.

    What is written as a placeholder or repeats a few characters is none. Of text in UTF-16 or UTF-32 the caller
    gives the UTF-8 form.
    """
    for which, start, _ in _searcher().find_matches_as_indexes(data):
        literal = _LITERALS[which]
        kind, pattern = _KINDS[_OF_LITERAL[literal]][0], _PATTERNS[_OF_LITERAL[literal]]
        if (opening := _OPENINGS.get(literal)) is not None:
            start = data.rfind(opening, max(0, start - _MAX_LEAD), start)  # noqa: PLW2901
        match = pattern.match(data, start) if start >= 0 else None
        if match and (kind == "private key" or _is_random(match[0])):
            n_line = data.count(b"\n", 0, start) + 1
            return f"{kind}, line {n_line}"
    return None


@cache
def _searcher() -> "BytesAhoCorasick":
    from ahocorasick_rs import BytesAhoCorasick, MatchKind  # noqa: PLC0415 - only where files are read

    # Only so does the library search sixteen bytes at once.
    return BytesAhoCorasick(_LITERALS, matchkind=MatchKind.LeftmostFirst)


def _is_random(found: bytes) -> bool:
    """Tell whether a credential can be a real one."""
    if _PLACEHOLDER.search(found):
        return False
    counts = Counter(found[-20:])
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) >= _MIN_BITS
