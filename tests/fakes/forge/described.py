"""What the forges' published descriptions say of the few requests that we make, reduced to what we use.

Compared on 2026-11-26 with GitHub's OpenAPI description (as `@octokit/openapi` 23.0.2 carries it) and the structures
that Gitea's swagger file is made of (`modules/structs/pull.go`, `routers/api/v1/repo/pull_review.go`); GitLab's is what
python-gitlab 8.6 lists as attributes and filters of merge requests, and `add_labels`. A request with a path, a query or
a field that is not here is answered 500 and noted: real servers would let most of that pass unheard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Fields = Mapping[str, type]


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: `body` None takes none; `required` are the fields that it must have. `items` is the body's element."""

    name: str
    method: str
    path: str  # below the forge's own prefix, {name} stands for a part
    query: frozenset[str] = frozenset()
    body: Fields | None = None
    required: frozenset[str] = frozenset()
    items: type | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.path)
        return re.compile("".join(f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in parts))

    def mistakes(self, query: Mapping[str, str], body: Any) -> list[str]:
        found = [f"query `{name}` is not described" for name in query if name not in self.query]
        if self.items is not None:
            if not isinstance(body, list) or not all(isinstance(each, self.items) for each in body):
                found.append(f"the body must be a list of {self.items.__name__}")
            return found
        if self.body is None:
            return [*found, *(["there must be no body"] if body not in (None, {}) else [])]
        if not isinstance(body, dict):
            return [*found, "the body must be an object"]
        for name, value in body.items():
            if name not in self.body:
                found.append(f"field `{name}` is not described")
            elif not isinstance(value, self.body[name]):
                found.append(f"field `{name}` must be {self.body[name].__name__}, not {value!r}")
        return [*found, *(f"field `{name}` is missing" for name in self.required if name not in body)]


@dataclass(frozen=True, slots=True)
class Description:
    prefix: str
    operations: tuple[Operation, ...]
    schemes: frozenset[str] = field(default_factory=frozenset)  # of the header `Authorization`


_PULL = "/repos/{owner}/{repo}/pulls"
_PAGES = frozenset({"page", "per_page"})

GITHUB = Description(
    "/api/v3",
    (
        Operation("list", "GET", _PULL, _PAGES | {"state", "head", "base", "sort", "direction"}),
        Operation(
            "create", "POST", _PULL,
            body={"title": str, "head": str, "base": str, "body": str, "draft": bool, "maintainer_can_modify": bool},
            required=frozenset({"head", "base"}),
        ),
        Operation("get", "GET", f"{_PULL}/{{number}}"),
        Operation("edit", "PATCH", f"{_PULL}/{{number}}", body={"title": str, "body": str, "state": str, "base": str}),
        Operation("label", "POST", "/repos/{owner}/{repo}/issues/{number}/labels", items=str),
        Operation(
            "review", "POST", f"{_PULL}/{{number}}/requested_reviewers",
            body={"reviewers": list, "team_reviewers": list},
        ),
    ),
    frozenset({"token", "Bearer"}),
)  # fmt: skip

GITEA = Description(
    "/api/v1",
    (
        Operation("list", "GET", _PULL, frozenset({"page", "limit", "state", "sort"})),
        Operation(
            "create", "POST", _PULL,
            body={"title": str, "head": str, "base": str, "body": str, "labels": list, "reviewers": list},
            required=frozenset({"title", "head", "base"}),
        ),
        Operation("get", "GET", f"{_PULL}/{{number}}"),
        Operation("edit", "PATCH", f"{_PULL}/{{number}}", body={"title": str, "body": str, "state": str, "base": str}),
        Operation("labels", "GET", "/repos/{owner}/{repo}/labels", frozenset({"page", "limit"})),
        Operation("label", "POST", "/repos/{owner}/{repo}/issues/{number}/labels", body={"labels": list}),
        Operation(
            "review", "POST", f"{_PULL}/{{number}}/requested_reviewers",
            body={"reviewers": list, "team_reviewers": list},
        ),
    ),
    frozenset({"token", "Bearer"}),
)  # fmt: skip

_MERGE = "/projects/{project}/merge_requests"

GITLAB = Description(
    "/api/v4",
    (
        Operation("list", "GET", _MERGE, _PAGES | {"source_branch", "state", "order_by", "sort"}),
        Operation(
            "create", "POST", _MERGE,
            body={
                "source_branch": str, "target_branch": str, "title": str, "description": str, "labels": str,
                "reviewer_ids": list,
            },
            required=frozenset({"source_branch", "target_branch", "title"}),
        ),
        Operation("get", "GET", f"{_MERGE}/{{number}}"),
        Operation(
            "edit", "PUT", f"{_MERGE}/{{number}}",
            body={"title": str, "description": str, "target_branch": str, "add_labels": str, "reviewer_ids": list},
        ),
        Operation("users", "GET", "/users", _PAGES | {"username"}),
    ),
    frozenset({"Bearer"}),
)  # fmt: skip

DESCRIPTIONS = {"github": GITHUB, "gitea": GITEA, "gitlab": GITLAB}
