"""Requests to merge as a forge keeps them, and as each of the three shows them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

USERS = {"bob": 7, "carol": 8}
LABELS = {"magicode": 31, "bug": 32}  # which Gitea knows; the others make what they are asked for


@dataclass
class Pull:
    number: int
    repository: str
    head: str
    base: str
    title: str
    body: str
    draft: bool = False
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)


def github(pull: Pull, base_url: str, tip: Callable[[str, str], str | None]) -> dict[str, Any]:
    api = f"{base_url}/api/v3/repos/{pull.repository}"
    owner = pull.repository.partition("/")[0]
    return {
        "id": 1000 + pull.number,
        "number": pull.number,
        "url": f"{api}/pulls/{pull.number}",
        "html_url": f"{base_url}/{pull.repository}/pull/{pull.number}",
        "issue_url": f"{api}/issues/{pull.number}",
        "state": "open" if pull.state == "open" else "closed",
        "title": pull.title,
        "body": pull.body,
        "draft": pull.draft,
        "labels": [{"name": name} for name in pull.labels],
        "requested_reviewers": [{"login": name} for name in pull.reviewers],
        "head": {"ref": pull.head, "label": f"{owner}:{pull.head}", "sha": tip(pull.repository, pull.head)},
        "base": {"ref": pull.base, "label": f"{owner}:{pull.base}", "sha": tip(pull.repository, pull.base)},
    }


def gitea(pull: Pull, base_url: str, tip: Callable[[str, str], str | None]) -> dict[str, Any]:
    sha = tip(pull.repository, pull.head)
    ref = f"refs/pull/{pull.number}/head" if sha is None else pull.head  # as where the branch is deleted
    return {
        "id": 1000 + pull.number,
        "number": pull.number,
        "url": f"{base_url}/{pull.repository}/pulls/{pull.number}",
        "html_url": f"{base_url}/{pull.repository}/pulls/{pull.number}",
        "state": "open" if pull.state == "open" else "closed",
        "title": pull.title,
        "body": pull.body,
        "labels": [{"id": LABELS[name], "name": name} for name in pull.labels],
        "requested_reviewers": [{"login": name} for name in pull.reviewers],
        "head": {"ref": ref, "label": pull.head, "sha": sha, "repo_id": 1},
        "base": {"ref": pull.base, "label": pull.base, "sha": tip(pull.repository, pull.base), "repo_id": 1},
    }


def gitlab(pull: Pull, base_url: str, tip: Callable[[str, str], str | None]) -> dict[str, Any]:
    return {
        "id": 1000 + pull.number,
        "iid": pull.number,
        "project_id": 1,
        "source_project_id": 1,
        "target_project_id": 1,
        "web_url": f"{base_url}/{pull.repository}/-/merge_requests/{pull.number}",
        "state": {"open": "opened"}.get(pull.state, pull.state),
        "title": pull.title,
        "description": pull.body,
        "draft": pull.title.startswith("Draft: "),
        "source_branch": pull.head,
        "target_branch": pull.base,
        "sha": tip(pull.repository, pull.head),
        "labels": pull.labels,
        "reviewers": [{"id": USERS[name], "username": name} for name in pull.reviewers],
    }


SHOWN = {"github": github, "gitea": gitea, "gitlab": gitlab}
