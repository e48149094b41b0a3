"""Which forge an address leads to, and which token goes there."""

from pathlib import Path

import pytest

from agent.errors import ForgeSetupError
from agent.forge.pushing import clean_git
from agent.forge.remotes import parse_remote
from agent.forge.tokens import Token, find_token


@pytest.mark.parametrize(
    ("url", "environ", "kind", "base", "path"),
    [
        ("https://github.com/a/b.git", {}, "github", "https://github.com", "a/b"),
        ("https://GitHub.com/a/b/", {}, "github", "https://github.com", "a/b"),
        ("git@github.com:a/b.git", {}, "github", "https://github.com", "a/b"),
        ("ssh://git@github.com:22/a/b", {}, "github", "https://github.com", "a/b"),
        ("https://gitlab.com/group/sub/name.git", {}, "gitlab", "https://gitlab.com", "group/sub/name"),
        ("https://codeberg.org/a/b", {}, "gitea", "https://codeberg.org", "a/b"),
        ("https://g.example/a/b", {"GH_HOST": "g.example"}, "github", "https://g.example", "a/b"),
        ("https://g.example/a/b", {"GITLAB_HOST": "https://g.example"}, "gitlab", "https://g.example", "a/b"),
        ("https://g.example:8443/git/a/b", {"GITEA_SERVER_URL": "https://g.example:8443/git"}, "gitea",
         "https://g.example:8443/git", "a/b"),
        ("https://g.example/a/b", {"GITHUB_SERVER_URL": "https://g.example", "GITEA_ACTIONS": "true"}, "gitea",
         "https://g.example", "a/b"),
        ("ssh://git@ssh.github.com:443/a/b.git", {}, "github", "https://github.com", "a/b"),
        ("ssh://git@g.example:2222/a/b.git", {"GITEA_SERVER_URL": "https://g.example:3000/git/"}, "gitea",
         "https://g.example:3000/git", "a/b"),
        ("http://[::1]:3000/a/b", {"GITEA_SERVER_URL": "http://[::1]:3000"}, "gitea", "http://[::1]:3000", "a/b"),
    ],
)  # fmt: skip
def test_known(url: str, environ: dict[str, str], kind: str, base: str, path: str) -> None:
    remote = parse_remote(url, None, environ)
    assert (remote.kind, remote.base, remote.path) == (kind, base, path)


def test_what_is_known_is_not_taken_for_something_else() -> None:
    assert parse_remote("https://github.com/a/b", "gitea", {}).kind == "github"


def test_names_and_passwords_of_an_address_are_dropped() -> None:
    remote = parse_remote("https://me:hunter2@github.com/a/b.git", None, {})
    assert remote.url == "https://github.com/a/b.git"
    assert "hunter2" not in repr(remote)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com.evil.example/a/b", "https://github.evil/a/b", "https://notgithub.com/a/b",
        "https://evil.example/github.com/a", "git@evil.example:github.com/a", "https://github.com@evil.example/a/b",
    ],
)  # fmt: skip
def test_hosts_that_look_like_others_are_unknown(url: str) -> None:
    with pytest.raises(ForgeSetupError, match="which forge is"):
        parse_remote(url, None, {})


@pytest.mark.parametrize(
    "url",
    ["", "x", "../x", "/x/y", "file:///x", "ext::sh -c x", "git://github.com/a/b", "https://github.com", "https://",
     "https://github.com/a/b/c", "https://github.com/a/../b", "https://gitlab.com/a/../b", "https://[/a/b",
     "http://github.com/a/b", "https://github.com:x/a/b"],
)  # fmt: skip
def test_refused(url: str) -> None:
    with pytest.raises(ForgeSetupError):
        parse_remote(url, None, {})


class TestTokens:
    def find(self, url: str, environ: dict[str, str], kind: str | None = None) -> Token:
        with clean_git() as git:
            return find_token(parse_remote(url, kind, environ), git, environ)  # type: ignore[arg-type]

    def test_github_takes_what_its_own_program_takes(self) -> None:
        both = {"GH_TOKEN": "one", "GITHUB_TOKEN": "two"}
        assert self.find("https://github.com/a/b", both) == Token("x-access-token", "one")
        elsewhere = {**both, "GH_HOST": "g.example", "GH_ENTERPRISE_TOKEN": "three"}
        assert self.find("https://g.example/a/b", elsewhere).secret == "three"
        also_in_actions = {**elsewhere, "GITHUB_SERVER_URL": "https://github.com"}
        assert self.find("https://g.example/a/b", also_in_actions).secret == "three"
        in_actions = {**both, "GITHUB_SERVER_URL": "https://g.example"}
        assert self.find("https://g.example/a/b", in_actions).secret == "one"

    @pytest.mark.parametrize(
        ("url", "environ"),
        [
            ("https://g.example/a/b", {"GH_HOST": "g.example", "GH_TOKEN": "one"}),
            ("https://codeberg.org/a/b", {"GITEA_SERVER_URL": "https://g.example", "GITEA_TOKEN": "one"}),
            ("https://gitlab.com/a/b", {"GITLAB_HOST": "g.example", "GITLAB_TOKEN": "one"}),
            ("https://gitlab.com/a/b", {"GITHUB_TOKEN": "one", "GITEA_TOKEN": "two"}),
            (
                "https://g.example/a/b",
                {"GITHUB_SERVER_URL": "https://github.com", "GH_HOST": "g.example", "GITHUB_TOKEN": "one"},
            ),
            (
                "https://g.example/a/b",
                {
                    "GITHUB_SERVER_URL": "https://github.com",
                    "GITEA_SERVER_URL": "https://g.example",
                    "GITHUB_TOKEN": "one",
                },
            ),
            ("https://github.com/a/b", {"GITHUB_SERVER_URL": "https://g.example", "GITHUB_TOKEN": "one"}),
        ],
    )
    def test_of_another_server_are_not_sent(
        self, url: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ForgeSetupError, match="there is no token for"):
            self.find(url, environ)

    def test_from_the_users_credential_helper(self, tmp_path: Path) -> None:
        (tmp_path / "gitconfig").write_text(
            '[credential "https://gitlab.com"]\n'
            '\thelper = "!f() { echo username=ada; echo password=helped; }; f"\n'
        )  # fmt: skip
        assert self.find("https://gitlab.com/a/b", {}) == Token("ada", "helped")
        with pytest.raises(ForgeSetupError):
            self.find("https://codeberg.org/a/b", {})

    def test_what_cannot_be_one(self) -> None:
        with pytest.raises(ForgeSetupError, match="holds something that is no token") as raised:
            self.find("https://gitlab.com/a/b", {"GITLAB_TOKEN": "hunter2\nhost=evil"})
        assert "hunter2" not in str(raised.value)
        assert self.find("https://gitlab.com/a/b", {"GITLAB_TOKEN": " one\n"}).secret == "one"

    def test_are_not_shown(self) -> None:
        token = Token("me", "hunter2")
        assert "hunter2" not in f"{token} {token!r}"
        assert token.hidden_in("a hunter2 b") == "a ••• b"
