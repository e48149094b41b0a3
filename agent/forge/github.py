"""Pull requests on GitHub, github.com or a company's own, through PyGithub (`pip install 'magicode[github]'`)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import github
import requests

from agent.errors import ForgeError
from agent.forge.api import Opened, PullRequest
from agent.forge.remotes import Remote
from agent.forge.tokens import Token

_TIMEOUT_S = 30
_PAUSE_S = 1.0  # between writes: GitHub asks for it, and limits whoever writes faster
# What is asked for is asked for again, after a limit of requests as well; a write might have been done.
_RETRY = github.GithubRetry(total=3, backoff_factor=0.5, max_rate_limit_wait=120, allowed_methods={"GET"})
_LOOKED_AT = 30  # of a branch's requests, the latest first


class GitHub:
    """A `Forge`: one repository on GitHub."""

    def __init__(self, remote: Remote, token: Token, *, pause_s: float = _PAUSE_S) -> None:
        """Take a repository; nothing is asked yet."""
        api = "https://api.github.com" if remote.host == "github.com" else f"{remote.base}/api/v3"
        self._token = token
        self._owner = remote.path.partition("/")[0]
        client = github.Github(
            auth=github.Auth.Token(token.secret),
            base_url=api,
            timeout=_TIMEOUT_S,
            retry=_RETRY,
            seconds_between_requests=0,
            seconds_between_writes=pause_s,
            user_agent="magicode",
            lazy=True,
        )
        self._repository = client.get_repo(remote.path)

    def find(self, head: str) -> Opened | None:
        """Return the request of a branch: the open one, else the latest."""
        with self._errors("looking for pull requests"):
            pulls = self._repository.get_pulls(
                state="all", head=f"{self._owner}:{head}", sort="created", direction="desc"
            )
            found = [_opened(pull) for pull in islice(pulls, _LOOKED_AT) if pull.head.ref == head]
        return next((each for each in found if each.is_open), found[0] if found else None)

    def create(self, request: PullRequest) -> Opened:
        """Open a request."""
        with self._errors("opening a pull request"):
            pull = self._repository.create_pull(
                request.base, request.head, title=request.title, body=request.body, draft=request.draft
            )
            made = _opened(pull)
        return replace(made, notes=self._equip(pull, request))

    def update(self, number: int, request: PullRequest) -> Opened:
        """Give a request another title and body."""
        with self._errors("updating a pull request"):
            pull = self._repository.get_pull(number)
            pull.edit(title=request.title, body=request.body, base=request.base)
            made = _opened(pull)
        return replace(made, notes=self._equip(pull, request))

    def _equip(self, pull: Any, request: PullRequest) -> tuple[str, ...]:
        notes: list[str] = []
        if request.labels:
            try:
                with self._errors("adding labels"):
                    pull.add_to_labels(*request.labels)
            except ForgeError as error:
                notes.append(f"without labels: {error}")
        people = [name for name in request.reviewers if "/" not in name]
        teams = [name.partition("/")[2] for name in request.reviewers if "/" in name]
        if people or teams:
            try:
                with self._errors("asking for reviews"):
                    pull.create_review_request(people, teams)
            except ForgeError as error:
                notes.append(f"without reviewers: {error}")
        return tuple(notes)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except github.GithubException as error:
            said = error.message or (error.data or {}).get("message") or ""
            details = [str(each.get("message") or each) for each in _errors_of(error.data) if isinstance(each, dict)]
            text = f"{doing}: GitHub answers {error.status}: {'; '.join([str(said), *details])}"
            raise ForgeError(self._token.hidden_in(text)) from None
        except requests.RequestException as error:
            raise ForgeError(self._token.hidden_in(f"{doing}: GitHub cannot be reached: {error}")) from None
        except (AttributeError, AssertionError, KeyError, TypeError, ValueError) as error:
            raise ForgeError(f"{doing}: what answers talks otherwise than GitHub does: {error}") from error


def _errors_of(data: Any) -> Sequence[Any]:
    return data.get("errors") or () if isinstance(data, dict) else ()


def _opened(pull: Any) -> Opened:
    return Opened(pull.number, pull.html_url, pull.body or "", pull.state == "open")
