"""What is asked of a forge, whichever it is: to find, open and update a request to merge a branch."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A request to merge the branch `head` into `base`; GitLab calls it a merge request.

    `reviewers` are the forge's user names; where it has teams, `organisation/team`.
    """

    head: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that is there. `notes` say what could not be done to it besides, such as a reviewer nobody knows."""

    number: int
    url: str
    body: str
    is_open: bool = True
    notes: tuple[str, ...] = ()


class Forge(Protocol):
    """One repository on a forge. Every method raises `ForgeError` where the forge refuses or cannot be reached."""

    def find(self, head: str, /) -> Opened | None:
        """Return the request of a branch of this repository: the open one, else the latest; None without any."""
        ...

    def create(self, request: PullRequest, /) -> Opened:
        """Open a request, with its labels and reviewers."""
        ...

    def update(self, number: int, request: PullRequest, /) -> Opened:
        """Give a request another title and body; labels and reviewers are added to those that it has."""
        ...
