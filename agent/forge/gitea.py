"""Pull requests on Gitea and Forgejo, whose interface for them is the same (`pip install 'magicode[gitea]'`)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from agent.errors import ForgeError
from agent.forge.api import Opened, PullRequest
from agent.forge.remotes import Remote
from agent.forge.tokens import Token

_TIMEOUT_S = 30.0
_PAGE = 50
_MAX_PAGES = 40  # of open requests, and of labels
_DRAFT = "WIP: "
_RETRIED = (502, 503, 504)


class Gitea:
    """A `Forge`: one repository on Gitea or Forgejo."""

    def __init__(self, remote: Remote, token: Token) -> None:
        """Take a repository; nothing is asked yet."""
        self._token = token
        self._host = remote.host
        owner, name = remote.path.split("/")
        self._api = f"{remote.base}/api/v1"
        self._repository = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._session = requests.Session()
        self._session.auth = self._authorise  # which requests does not take along to another host
        retry = Retry(2, backoff_factor=0.5, status_forcelist=_RETRIED, allowed_methods=("GET",), raise_on_status=False)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def find(self, head: str) -> Opened | None:
        """Return the request of a branch: the open one, else one of the latest that were closed."""
        with self._shape():
            for pull in self._pages(f"{self._repository}/pulls", state="open"):
                if _is_of(pull, head):
                    return _opened(pull)
            closed = self._ask("GET", f"{self._repository}/pulls", query={"state": "closed", "sort": "recentupdate"})
            return next((_opened(pull) for pull in closed if _is_of(pull, head)), None)

    def create(self, request: PullRequest) -> Opened:
        """Open a request."""
        labels, notes = self._labels(request.labels)
        asked = {
            "head": request.head,
            "base": request.base,
            "title": f"{_DRAFT if request.draft else ''}{request.title}",
            "body": request.body,
            "labels": labels,
        }
        with self._shape():
            made = _opened(self._ask("POST", f"{self._repository}/pulls", asked))
        return replace(made, notes=(*notes, *self._review(made.number, request.reviewers)))

    def update(self, number: int, request: PullRequest) -> Opened:
        """Give a request another title and body."""
        labels, notes = self._labels(request.labels)
        path = f"{self._repository}/pulls/{number}"
        with self._shape():
            draft = _DRAFT if self._ask("GET", path)["title"].startswith(_DRAFT) else ""
            asked = {"title": f"{draft}{request.title}", "body": request.body, "base": request.base}
            made = _opened(self._ask("PATCH", path, asked))
        if labels:
            self._ask("POST", f"{self._repository}/issues/{number}/labels", {"labels": labels})
        return replace(made, notes=(*notes, *self._review(number, request.reviewers)))

    def _labels(self, names: Sequence[str]) -> tuple[list[int], list[str]]:
        if not names:
            return [], []
        with self._shape():
            known = {each["name"]: each["id"] for each in self._pages(f"{self._repository}/labels")}
        unknown = [name for name in names if name not in known]
        notes = [f"without labels that {self._host} does not know: {', '.join(unknown)}"] if unknown else []
        return [known[name] for name in names if name in known], notes

    def _review(self, number: int, reviewers: Sequence[str]) -> list[str]:
        people = [name for name in reviewers if "/" not in name]
        teams = [name.partition("/")[2] for name in reviewers if "/" in name]
        if not people and not teams:
            return []
        asked = {"reviewers": people, "team_reviewers": teams}
        try:
            self._ask("POST", f"{self._repository}/pulls/{number}/requested_reviewers", asked)
        except ForgeError as error:
            return [f"without reviewers: {error}"]
        return []

    def _pages(self, path: str, **query: str) -> Iterator[Any]:
        for page in range(1, _MAX_PAGES + 1):
            found = self._ask("GET", path, query={**query, "page": page, "limit": _PAGE})
            yield from found
            if not found:  # a server may have a smaller limit of its own
                return

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            response = self._session.request(
                method, self._api + path, json=body, params=query, timeout=_TIMEOUT_S, allow_redirects=False
            )
            value = response.json() if response.content else None
        except (requests.RequestException, ValueError) as error:
            text = f"{method} {path}: {self._host} cannot be reached, or talks something else: {error}"
            raise ForgeError(self._token.hidden_in(text)) from None
        if not response.ok or response.is_redirect:
            said = value.get("message") if isinstance(value, dict) else ""
            text = f"{method} {path}: {self._host} answers {response.status_code}: {said or response.reason}"
            raise ForgeError(self._token.hidden_in(text))
        return value

    @contextmanager
    def _shape(self) -> Iterator[None]:
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ForgeError(f"{self._host} answers otherwise than Gitea and Forgejo do: {error}") from error

    def _authorise(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"token {self._token.secret}"
        return request


def _is_of(pull: Mapping[str, Any], head: str) -> bool:
    """Whether a request is of this repository's own branch, and not of a fork's that is called the same."""
    names = {pull["head"]["ref"], pull["head"].get("label")}  # once a branch is gone, its name is in the label alone
    return bool(head in names and pull["head"]["repo_id"] == pull["base"]["repo_id"])


def _opened(pull: Mapping[str, Any]) -> Opened:
    return Opened(pull["number"], pull["html_url"], pull["body"] or "", pull["state"] == "open")
