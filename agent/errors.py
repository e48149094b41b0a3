"""Errors of the agent, and the one table that maps every error to an exit code.

AgentError
├── NoChangeError          the model produced no change
├── PatchError             the diff is malformed
│   └── PlacementError     a hunk fits nowhere, or at several places
├── ReviewError            what the user took of a change cannot stand without the rest
├── TruncatedError         the model ran out of tokens inside its diff
├── BrokenSyntaxError      the change breaks a file that parsed before
├── FailingTestsError      the tests failed; the change was rolled back
├── ConflictError          uncommitted or later work is in the way
│   └── ForeignCommitsError  a branch on the remote holds commits that are not ours
├── PolicyError            refused: path escape, protected or secret file
│   └── UntrustedError     refused until the user says yes explicitly
├── ConfigError            a configuration file cannot be used, or a setting is unknown
├── NothingToUndoError     no applied change is recorded
├── ForgeError             the remote or its forge refused, or cannot be reached
│   └── ForgeSetupError    nothing can be asked of a forge from here: no remote, token or client
├── WorkerLostError        a machine of a cluster went away with what it was at
├── ClusterError           a cluster cannot be reached, or none of its machines can do the work
└── WriteError             the system refused: disk full, permission and the like
"""

from enum import IntEnum

from model.errors import ModelError, ProblemError, WindowExceededError
from repo_index.errors import ContextTooLargeError, RepoError, StaleSnapshotError


class ExitCode(IntEnum):
    """What `magicode` ends with; scripts rely on these."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    NO_CHANGE = 3
    BAD_DIFF = 4
    BROKEN_SYNTAX = 5
    TESTS_FAILED = 6
    CONTEXT_TOO_LARGE = 7
    CONFLICT = 8
    REFUSED = 9
    MODEL_UNAVAILABLE = 10
    FORGE = 11
    INTERRUPTED = 130


class AgentError(Exception):
    """Base of every error raised by `agent`; the message says what to do next."""


class NoChangeError(AgentError):
    """The model ended without a change."""


class PatchError(AgentError):
    """The text is not a unified diff that can be read."""


class PlacementError(PatchError):
    """A hunk's old lines were found nowhere, or at several places; `evidence` shows them to a model."""

    evidence: str = ""


class ReviewError(AgentError):
    """What the user took of a change cannot stand without the rest; nothing was changed."""


class TruncatedError(AgentError):
    """The model was still writing when its tokens were used up."""


class BrokenSyntaxError(AgentError):
    """A file that parsed before the change does not parse after it."""


class FailingTestsError(AgentError):
    """The test command failed after the change, which was rolled back; `output` is what it printed."""

    def __init__(self, message: str, output: str = "") -> None:
        """Keep the output apart: users have seen it already, the model has not."""
        super().__init__(message)
        self.output = output


class ConflictError(AgentError):
    """The working tree differs from what the change was made for."""


class ForeignCommitsError(ConflictError):
    """A branch on the remote does not end in what we have pushed last."""


class PolicyError(AgentError):
    """The change would leave the repository, or touch what must not be touched."""


class UntrustedError(PolicyError):
    """The change touches a file that executes on its own and nobody said yes to that."""


class ConfigError(AgentError):
    """Configuration cannot be used; the message names file and line."""


class NothingToUndoError(AgentError):
    """There is no applied change to take back."""


class ForgeError(AgentError):
    """The remote or its forge refused, or cannot be reached; the message holds no token."""


class ForgeSetupError(ForgeError):
    """Nothing can be asked of a forge from here: the message says what to set or to install."""


class WorkerLostError(AgentError):
    """A worker of a cluster does not answer any more; what it was at is not done."""


class ClusterError(AgentError):
    """A cluster cannot be reached, or no worker of it is left; the message says why."""


class WriteError(AgentError):
    """The system refused to read or write; the message names the path and the cause."""


_EXIT_CODES: dict[type[BaseException], ExitCode] = {
    NoChangeError: ExitCode.NO_CHANGE,
    NothingToUndoError: ExitCode.NO_CHANGE,
    PatchError: ExitCode.BAD_DIFF,
    ReviewError: ExitCode.BAD_DIFF,
    TruncatedError: ExitCode.BAD_DIFF,
    BrokenSyntaxError: ExitCode.BROKEN_SYNTAX,
    FailingTestsError: ExitCode.TESTS_FAILED,
    ContextTooLargeError: ExitCode.CONTEXT_TOO_LARGE,
    WindowExceededError: ExitCode.CONTEXT_TOO_LARGE,
    ConfigError: ExitCode.USAGE,
    ConflictError: ExitCode.CONFLICT,
    PolicyError: ExitCode.REFUSED,
    ForgeError: ExitCode.FORGE,
    ForgeSetupError: ExitCode.USAGE,
    ProblemError: ExitCode.USAGE,
    WorkerLostError: ExitCode.MODEL_UNAVAILABLE,
    ClusterError: ExitCode.MODEL_UNAVAILABLE,
    ModelError: ExitCode.MODEL_UNAVAILABLE,
    StaleSnapshotError: ExitCode.CONFLICT,
    RepoError: ExitCode.USAGE,
    KeyboardInterrupt: ExitCode.INTERRUPTED,
}


def message_of(error: BaseException) -> str:
    """Return what an error says, its notes included: what became of the tree is often one of them."""
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        said = "interrupted"
    elif isinstance(error, AgentError | ModelError | RepoError):
        said = str(error)
    else:
        said = f"{kind}: {error}" if str(error) else kind
    return "; ".join([said, *getattr(error, "__notes__", ())])


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code of an error: that of its nearest listed ancestor."""
    return next((_EXIT_CODES[kind] for kind in type(error).__mro__ if kind in _EXIT_CODES), ExitCode.UNEXPECTED)
