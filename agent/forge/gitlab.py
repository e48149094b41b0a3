"""Merge requests on GitLab, gitlab.com or one's own, through python-gitlab (`pip install 'magicode[gitlab]'`)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gitlab
import requests

from agent.errors import ForgeError
from agent.forge.api import Opened, PullRequest
from agent.forge.remotes import Remote
from agent.forge.tokens import Token

_TIMEOUT_S = 30.0
_DRAFT = "Draft: "


class GitLab:
    """A `Forge`: one project on GitLab."""

    def __init__(self, remote: Remote, token: Token) -> None:
        """Take a project; nothing is asked yet."""
        self._token = token
        # As a bearer, which GitLab takes for every kind of token. Links in its answers are not followed elsewhere.
        self._client = gitlab.Gitlab(
            remote.base, oauth_token=token.secret, timeout=_TIMEOUT_S, keep_base_url=True, user_agent="magicode"
        )
        self._project = self._client.projects.get(remote.path, lazy=True)

    def find(self, head: str) -> Opened | None:
        """Return the request of a branch: the open one, else the latest."""
        with self._errors("looking for merge requests"):
            found = self._project.mergerequests.list(
                source_branch=head, state="all", order_by="created_at", sort="desc", get_all=False
            )
            own = [_opened(each) for each in found if each.source_project_id == each.target_project_id]
        return next((each for each in own if each.is_open), own[0] if own else None)

    def create(self, request: PullRequest) -> Opened:
        """Open a request."""
        asked = {
            "source_branch": request.head,
            "target_branch": request.base,
            "title": f"{_DRAFT if request.draft else ''}{request.title}",
            "description": request.body,
            "labels": ",".join(request.labels),
        }
        ids, notes = self._ids(request.reviewers)
        with self._errors("opening a merge request"):
            return _opened(self._project.mergerequests.create({**asked, "reviewer_ids": ids}), notes)

    def update(self, number: int, request: PullRequest) -> Opened:
        """Give a request another title and body."""
        ids, notes = self._ids(request.reviewers)
        with self._errors("updating a merge request"):
            old = self._project.mergerequests.get(number)
            asked = {
                "title": f"{_DRAFT if old.draft else ''}{request.title}",
                "description": request.body,
                "target_branch": request.base,
                "add_labels": ",".join(request.labels),
                "reviewer_ids": list(dict.fromkeys([*(each["id"] for each in old.reviewers or ()), *ids])),
            }
            self._project.mergerequests.update(number, asked)
            return Opened(old.iid, old.web_url, request.body, notes=tuple(notes))

    def _ids(self, names: Sequence[str]) -> tuple[list[int], list[str]]:
        ids: list[int] = []
        notes: list[str] = []
        for name in names:
            with self._errors("looking for a reviewer"):
                found = self._client.users.list(username=name, get_all=False)
            ids += [each.id for each in found][:1]
            if not found:
                notes.append(f"without the reviewer {name}, whom {self._client.url} does not know")
        return ids, notes

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except gitlab.GitlabError as error:
            said = f"{doing}: GitLab answers {error.response_code or 'nothing that is understood'}: "
            raise ForgeError(self._token.hidden_in(f"{said}{error.error_message}")) from None
        except requests.RequestException as error:
            raise ForgeError(self._token.hidden_in(f"{doing}: GitLab cannot be reached: {error}")) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ForgeError(f"{doing}: what answers talks otherwise than GitLab does: {error}") from error


def _opened(merge: Any, notes: Sequence[str] = ()) -> Opened:
    return Opened(merge.iid, merge.web_url, merge.description or "", merge.state == "opened", tuple(notes))
