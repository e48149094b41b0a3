"""What git knows of a repository's commits: which are ours, whether they are there, and what they change."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.batch.repositories import Repository
from repo_index.errors import GitError

TRAILER = "Magicode-Task"
_TIPS = f"%(refname:lstrip=2)%00%(objectname)%00%(contents:trailers:key={TRAILER},valueonly,separator=%2C)"


@dataclass(frozen=True, slots=True)
class Tip:
    """The commit at the end of a branch. `task_id` is that of the task which it says it was made for."""

    commit: str
    task_id: str | None


def tips(repository: Repository) -> dict[str, Tip]:
    """Return the tip of each branch."""
    found: dict[str, Tip] = {}
    for line in repository.git.run("for-each-ref", f"--format={_TIPS}", "refs/heads").split(b"\n"):
        if line:
            name, commit, ids = line.decode(errors="surrogateescape").split("\0")
            found[name] = Tip(commit, ids or None)
    return found


def exists(repository: Repository, commit: str) -> bool:
    """Whether a commit is there, on a branch or not."""
    try:
        repository.git.run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        return False
    return True


def diff_of(repository: Repository, commit: str) -> str:
    """Return what a commit changes, as git writes it."""
    plain = ("--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--format=")
    return repository.git.run("show", *plain, "--end-of-options", commit, "--").decode(errors="replace")


def patch_of(repository: Repository, commit: str, *, copies_to: Iterable[str] = ()) -> bytes:
    """Return a commit as `git format-patch` writes it, for `git am` and `git send-email`.

    What a repository's configuration adds to patches is left out.
    """
    plain = (
        *("--stdout", "-1", "--no-attach", "--no-thread", "--no-cover-letter", "--no-notes", "--no-signature"),
        *("--no-to", "--no-cc", "--no-add-header", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"),
        *("--subject-prefix=PATCH", "--src-prefix=a/", "--dst-prefix=b/", "--full-index", "--binary", "--no-base"),
    )
    copies = [f"--cc={address}" for address in copies_to]
    return repository.git.run("format-patch", *plain, *copies, "--end-of-options", commit)
