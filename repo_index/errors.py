"""Errors of the repository reader.

RepoError
├── NotARepositoryError    no git work tree here that can be used
│   └── NoRepositoryError  there is no repository at all
├── GitError               a git command failed
├── UnreadableError        a path is no regular file, is beyond a link, too large, or may not be read
├── StaleSnapshotError     a file changed after the snapshot was taken
├── PatternError           an include, exclude or ignore pattern cannot be used
├── UndecodableError       bytes that are no text in any encoding we restore exactly
├── SessionError           a session file is missing or damaged
└── ContextTooLargeError   the prompt does not fit the model's window
"""

from functools import partial
from typing import Any


class RepoError(Exception):
    """Base of every error raised by `repo_index`."""


class NotARepositoryError(RepoError):
    """The directory is not inside a git work tree that can be used."""


class NoRepositoryError(NotARepositoryError):
    """There is no repository around the directory; it can be read all the same."""


class GitError(RepoError):
    """A git command failed; the message holds the command and git's own words."""


class UnreadableError(RepoError):
    """The path is not a regular file that may be read here; the message is a reason fit for a list."""


class StaleSnapshotError(RepoError):
    """A file is no longer what the snapshot recorded."""


class PatternError(RepoError):
    """A pattern of `--include`, `--exclude` or `.magicodeignore` cannot be used."""


class UndecodableError(RepoError):
    """The bytes are not text in any encoding that can be restored exactly."""


class SessionError(RepoError):
    """A chat session is missing or its file is damaged."""


class ContextTooLargeError(RepoError):
    """The prompt has more tokens than the model's window leaves for it."""

    def __init__(self, message: str, *, n_tokens: int, limit: int) -> None:
        """Keep the counts, so that a caller can print or serialise them."""
        super().__init__(message)
        self.n_tokens = n_tokens
        self.limit = limit

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the counts on the way to another process, too."""
        return partial(type(self), n_tokens=self.n_tokens, limit=self.limit), self.args, vars(self)
