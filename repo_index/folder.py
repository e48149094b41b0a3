"""Where files are read: in a git work tree or, where there is no repository, in a plain directory."""

from dataclasses import dataclass
from pathlib import Path

from repo_index.errors import NoRepositoryError, NotARepositoryError
from repo_index.git import Git


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory in no git repository: it can be read, and changes to it can be shown. `root` is resolved."""

    root: Path

    def head(self) -> None:
        """Return None: nothing was committed here."""


Source = Git | Folder


def find_source(directory: Path) -> Source:
    """Return the work tree that holds `directory`; the directory itself where there is no repository around it.

    Raises:
        NotARepositoryError: it is no directory, there is a repository that cannot be used, or there is none and the
            directory holds the user's home, all of which nobody means.

    """
    try:
        return Git.discover(directory)
    except NoRepositoryError as error:
        root = directory.resolve()
        if _home().is_relative_to(root):
            raise NotARepositoryError(
                f"{root} is in no git repository, and to read all of it would be to read your home directory; "
                "go to the directory of a project, or name it with -C"
            ) from error
        return Folder(root)


def _home() -> Path:
    try:
        return Path.home().resolve()
    except RuntimeError:  # a user without a name and without HOME, as in some containers
        return Path("/")


def require_git(source: Source, wanted: str) -> Git:
    """Return the work tree; `wanted` says what it is needed for, such as "to change files".

    Raises:
        NotARepositoryError: the source is a plain directory.

    """
    if isinstance(source, Git):
        return source
    raise NotARepositoryError(
        f"{source.root} is in no git repository, which is needed {wanted}: run `git init` there first. Without one, "
        "`magicode context` and `magicode --dry-run` work"
    )
