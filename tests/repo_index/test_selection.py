from pathlib import PurePosixPath

import pytest

from repo_index.selection import Selection


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


def test_naming_a_file_in_the_task_brings_back_generated_ones_and_no_secret() -> None:
    mentioned = [PurePosixPath("web/yarn.lock"), PurePosixPath("web/.env"), PurePosixPath("api")]
    chosen = Selection.parse(ignore_text="*.tmp\n", include=["*.py"], exclude=[], mentioned=mentioned)
    assert chosen.reason_by_path(PurePosixPath("web/yarn.lock")) is None
    assert chosen.reason_by_path(PurePosixPath("yarn.lock")) == "not matched by --include"
    assert chosen.reason_by_path(PurePosixPath("api/v1/user.pb.go")) is None
    assert chosen.reason_by_path(PurePosixPath("api/x.tmp")) == ".magicodeignore line 1: *.tmp"
    assert chosen.reason_by_path(PurePosixPath("web/.env")) == "secret file (.env)"
