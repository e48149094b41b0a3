"""The three clients against a local server that takes only what the forges' descriptions say."""

import logging
from collections.abc import Callable

import pytest

from agent.errors import ForgeError
from agent.forge.api import Forge, PullRequest
from agent.forge.gitea import Gitea
from agent.forge.github import GitHub
from agent.forge.gitlab import GitLab
from agent.forge.remotes import Kind, parse_remote
from agent.forge.tokens import Token
from tests.agent.forge.conftest import NAME
from tests.fakes.forge.server import TOKEN, LocalForge
from tests.fakes.git_repo import Repo

REQUEST = PullRequest(
    "magicode/fix", "main", "Fix add", "It subtracts.\n", labels=("magicode", "bug"), reviewers=("bob",)
)
MAKERS: dict[Kind, Callable[..., Forge]] = {
    "github": lambda remote, token: GitHub(remote, token, pause_s=0),
    "gitlab": GitLab,
    "gitea": Gitea,
}


@pytest.fixture(params=["github", "gitlab", "gitea"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param  # type: ignore[no-any-return]


def client(kind: Kind, forge: LocalForge, token: str = TOKEN) -> Forge:
    return MAKERS[kind](parse_remote(f"{forge.url}/{NAME}.git", kind, {}), Token("x", token))


@pytest.fixture
def opened(kind: Kind, forge: LocalForge, repo: Repo) -> Forge:
    forge.git(NAME, "branch", "magicode/fix", push_commit(forge))
    return client(kind, forge)


def push_commit(forge: LocalForge) -> str:
    who = ["-c", "user.name=B", "-c", "user.email=b@c"]
    return forge.git(NAME, *who, "commit-tree", "main^{tree}", "-p", "main", "-m", "x")


def test_opened_found_and_updated(opened: Forge, forge: LocalForge) -> None:
    assert opened.find("magicode/fix") is None
    made = opened.create(REQUEST)
    assert (made.number, made.body, made.is_open, made.notes) == (1, "It subtracts.\n", True, ())
    assert made.url.startswith(f"{forge.url}/team/calc/")
    (pull,) = forge.pulls
    assert (pull.head, pull.base, pull.title) == ("magicode/fix", "main", "Fix add")
    assert (pull.labels, pull.reviewers) == (["magicode", "bug"], ["bob"])
    assert opened.find("magicode/fix") == made
    assert opened.find("magicode/fi") is None
    changed = PullRequest("magicode/fix", "main", "Mend add", "So.\n", labels=("bug",), reviewers=("carol",))
    again = opened.update(1, changed)
    assert (again.number, again.body) == (1, "So.\n")
    assert (pull.title, pull.body, pull.reviewers) == ("Mend add", "So.\n", ["bob", "carol"])
    assert pull.labels == ["magicode", "bug"]


def test_a_closed_one_is_found_where_no_other_is_open(opened: Forge, forge: LocalForge) -> None:
    opened.create(REQUEST)
    forge.pulls[0].state = "closed"
    found = opened.find("magicode/fix")
    assert found
    assert (found.number, found.is_open) == (1, False)
    opened.create(REQUEST)
    found = opened.find("magicode/fix")
    assert found
    assert (found.number, found.is_open) == (2, True)


def test_a_reviewer_whom_nobody_knows_is_no_failure(opened: Forge, forge: LocalForge) -> None:
    made = opened.create(PullRequest("magicode/fix", "main", "Fix add", "", reviewers=("eve",)))
    assert len(made.notes) == 1
    assert "eve" in made.notes[0]
    assert len(forge.pulls) == 1


def test_a_label_that_gitea_does_not_know_is_noted(forge: LocalForge, repo: Repo) -> None:
    forge.git(NAME, "branch", "magicode/fix", push_commit(forge))
    made = client("gitea", forge).create(PullRequest("magicode/fix", "main", "Fix", "", labels=("new", "bug")))
    assert made.notes == (f"without labels that {forge.url[7:]} does not know: new",)
    assert forge.pulls[0].labels == ["bug"]


def test_drafts(opened: Forge, forge: LocalForge, kind: Kind) -> None:
    opened.create(PullRequest("magicode/fix", "main", "Fix", "", draft=True))
    shown = forge.pulls[0]
    assert (shown.draft, shown.title) == {
        "github": (True, "Fix"), "gitlab": (False, "Draft: Fix"), "gitea": (False, "WIP: Fix")
    }[kind]  # fmt: skip
    opened.update(1, PullRequest("magicode/fix", "main", "Fix it", ""))
    assert shown.title == {"github": "Fix it", "gitlab": "Draft: Fix it", "gitea": "WIP: Fix it"}[kind]


def test_refusals_say_what_the_forge_said(opened: Forge, kind: Kind, forge: LocalForge) -> None:
    opened.create(REQUEST)
    with pytest.raises(ForgeError, match=r"already exists|Validation Failed"):
        opened.create(REQUEST)
    with pytest.raises(ForgeError, match="no commits between"):
        opened.create(PullRequest("nowhere", "main", "Fix", ""))
    with pytest.raises(ForgeError, match=r"40[14]"):
        opened.update(99, REQUEST)


def test_a_wrong_token_is_not_repeated(
    kind: Kind, forge: LocalForge, repo: Repo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ForgeError, match="401") as raised:
        client(kind, forge, "wr0ng-t0ken").find("x")
    assert "wr0ng" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert "wr0ng" not in caplog.text


def test_no_token_is_in_a_log(opened: Forge, caplog: pytest.LogCaptureFixture, forge: LocalForge) -> None:
    caplog.set_level(logging.DEBUG)
    opened.create(REQUEST)
    opened.update(1, REQUEST)
    assert TOKEN not in caplog.text
    assert not [path for _, path, _ in forge.requests if TOKEN in path]


def test_a_server_that_is_not_there(kind: Kind, repo: Repo) -> None:
    remote = parse_remote("http://127.0.0.1:9/a/b", kind, {})
    with pytest.raises(ForgeError, match="cannot be reached"):
        MAKERS[kind](remote, Token("x", TOKEN)).find("x")


def test_a_server_that_talks_something_else(opened: Forge, forge: LocalForge) -> None:
    forge.fail["list"] = (200, "<html>")
    with pytest.raises(ForgeError, match=r"otherwise than|no URL|malformed"):
        opened.find("x")
    forge.fail["create"] = (500, {"message": "out of order"})
    with pytest.raises(ForgeError, match=r"500|out of order"):
        opened.create(REQUEST)
