import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from repo_index import selection
from repo_index.selection import Selection
from repo_index.snapshot import take_snapshot


def _reason(path: str, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> str | None:
    return Selection.parse(ignore_text="", include=include, exclude=exclude).reason_by_path(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "web/.env.local",
        ".ENV",
        ".env.production.bak",
        "prod.env",
        "tls/server.pem",
        "server.key",
        "id_rsa",
        "id_rsa.old",
        "id_ed25519",
        ".netrc",
        ".npmrc",
        ".pypirc",
        "credentials.json",
        "gcp/credentials-prod.json",
        ".git-credentials",
        "home/.aws/credentials",
        ".docker/config.json",
        ".ssh/config",
    ],
)
def test_secrets_are_left_out_by_name(path: str) -> None:
    assert (_reason(path) or "").startswith("secret file (")


@pytest.mark.parametrize(
    "path",
    [".env.example", ".env.local.example", "id_rsa.pub", "credentials.py", "keys.py", "environment.ts", "config.json"],
)
def test_what_only_sounds_secret_is_kept(path: str) -> None:
    assert _reason(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("web/package-lock.json", "lock file"),
        ("yarn.lock", "lock file"),
        ("Cargo.lock", "lock file"),
        ("uv.lock", "lock file"),
        ("go.sum", "lock file"),
        ("dist/app.min.js", "generated"),
        ("api/user_pb2.py", "generated"),
    ],
)
def test_lock_and_generated_files_are_left_out_unless_included(path: str, reason: str) -> None:
    assert _reason(path) == reason
    assert _reason(path, include=(path.rsplit("/", 1)[-1],)) is None


def test_a_secret_needs_to_be_included_by_its_very_path() -> None:
    for pattern in ("*", "**", ".env*", "web"):
        assert _reason("web/.env", include=(pattern,)) == "secret file (.env)"
    assert _reason("web/.env", include=("web/.env",)) is None


def test_excluding_wins_over_including() -> None:
    assert _reason("a.py", include=("a.py",), exclude=("*.py",)) == "--exclude *.py"


_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----\n{body}\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\r\n{body}\r\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{body}\n",
        '{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{body}\\n"}}',
        "key: |\n    -----BEGIN EC PRIVATE KEY-----\n    {body}\n",
    ],
)
def test_a_private_key_is_found_in_any_file(repo: Any, text: str) -> None:
    repo.write("notes.txt", text.format(body=_BODY))
    (skipped,) = take_snapshot(repo.git, len).skipped
    assert skipped.reason == "secret file (private key inside)"
    assert len(take_snapshot(repo.git, len, include=["notes.txt"]).files) == 1


def test_code_about_private_keys_is_kept() -> None:
    kept = Selection.parse(ignore_text="", include=(), exclude=())
    text = Path(selection.__file__).read_text(encoding="utf-8")
    assert "PRIVATE KEY" in text
    assert kept.reason_by_text(PurePosixPath("selection.py"), text) is None
    text = 'if line.startswith("-----BEGIN PRIVATE KEY-----"):\n    return True\n'
    assert kept.reason_by_text(PurePosixPath("a.py"), text) is None


def test_the_search_for_keys_is_fast_on_hostile_text() -> None:
    text = "-----BEGIN PRIVATE KEY-----" * 40_000
    assert re.search(selection._PRIVATE_KEY, text) is None
