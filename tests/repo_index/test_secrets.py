import random
import string
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from repo_index import secrets
from repo_index.intake import take_snapshot
from repo_index.secrets import find_secret, secret_name

_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
_LETTERS = string.ascii_letters + string.digits


def _random(n: int, letters: str = _LETTERS) -> str:
    """Return letters that no scanner takes for a real credential of anybody: they are made here."""
    draw = random.Random(n)
    return "".join(draw.choice(letters) for _ in range(n))


_CREDENTIALS = {
    "AWS access key": "AKIA" + _random(16, string.ascii_uppercase + "234567"),
    "GitHub token": "ghp_" + _random(36),
    "GitLab token": "glpat-" + _random(20),
    "Slack token": "xoxb-" + _random(12, string.digits) + "-" + _random(24),
    "Slack webhook": f"https://hooks.slack.com/services/T{_random(8)}/B{_random(9)}/{_random(24)}",
    "Stripe key": "sk_live_" + _random(24),
    "Anthropic key": "sk-ant-api03-" + _random(93),
    "OpenAI key": "sk-proj-" + _random(48),
    "Hugging Face token": "hf_" + _random(34, string.ascii_letters),
    "npm token": "npm_" + _random(36),
    "PyPI token": "pypi-AgEIcHlwaS5vcmc" + _random(60),
    "SendGrid key": f"SG.{_random(22)}.{_random(43)}",
    "Azure storage key": f"AccountKey={_random(86)}==",
}


@pytest.mark.parametrize("kind", _CREDENTIALS)
def test_a_credential_is_found_with_its_line(kind: str) -> None:
    text = f"# settings\nTOKEN = '{_CREDENTIALS[kind]}'\n"
    assert find_secret(text.encode()) == f"{kind}, line 2"


@pytest.mark.parametrize("before", [b"\\n", b"%3D", b"\\t\\r", b'"A=1\\n'])
@pytest.mark.parametrize("kind", [kind for kind in _CREDENTIALS if kind not in {"Slack webhook", "Azure storage key"}])
def test_an_escape_before_it_hides_none(kind: str, before: bytes) -> None:
    assert find_secret(before + _CREDENTIALS[kind].encode()) == f"{kind}, line 1"
    assert find_secret(b"an" + _CREDENTIALS[kind].encode()) is None


def test_an_older_kind_of_key_is_found_by_what_stands_in_its_middle() -> None:
    assert find_secret(f"key=sk-{_random(20)}T3BlbkFJ{_random(21)}".encode()) == "OpenAI key, line 1"


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",  # of Amazon's own documentation
        "ghp_" + "x" * 36,
        "ghp_" + "a" * 36,
        "sk_live_your_key_goes_here_please_now",
        "npm_config_registry",
        "hf_hub_download(repo_id, filename=name)",
        "glpat-<your token>",
        "SG.mail.send",
        "AKIA",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        'if line.startswith("-----BEGIN PRIVATE KEY-----"):\n    return True\n',
    ],
)
def test_what_only_looks_like_one_is_kept(text: str) -> None:
    assert find_secret(text.encode()) is None


def test_a_placeholder_does_not_hide_a_real_one_behind_it() -> None:
    text = f"AKIAIOSFODNN7EXAMPLE\n{_CREDENTIALS['AWS access key']}\n"
    assert find_secret(text.encode()) == "AWS access key, line 2"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----\n{body}\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\r\n{body}\r\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{body}\n",
        '{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{body}\\n"}}',
        "-----BEGIN EC PRIVATE KEY-----\n    {body}\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_private_key_is_found_in_any_file(repo: Any, text: str, encoding: str) -> None:
    repo.write("notes.txt", ("key:\n" + text.format(body=_BODY)).encode(encoding))
    (skipped,) = take_snapshot(repo.git, len).skipped
    assert skipped.reason == "secret file (private key, line 2)"
    assert take_snapshot(repo.git, len, include=["*.txt"]).files == ()
    assert len(take_snapshot(repo.git, len, include=["notes.txt"]).files) == 1


def test_our_own_source_is_kept() -> None:
    data = Path(secrets.__file__).read_bytes()
    assert b"PRIVATE KEY" in data
    assert find_secret(data) is None


@pytest.mark.parametrize("piece", [b"-----BEGIN PRIVATE KEY-----", b"sk-a.T3BlbkFJ ", b"AKIA", b"ghp_", b"SG."])
def test_the_search_is_fast_on_hostile_text(piece: bytes) -> None:
    data = piece * (1_000_000 // len(piece))
    started = time.process_time()
    assert find_secret(data) is None
    assert time.process_time() - started < 5


def test_names_are_matched_whatever_their_case() -> None:
    assert secret_name(PurePosixPath("Web/.Env.Local")) == ".env.*"
    assert secret_name(PurePosixPath("deploy/ID_RSA")) == "id_rsa*"
    assert secret_name(PurePosixPath("environment.py")) is None
