"""Errors of the model layer.

ModelError
├── UnknownModelError      no catalogue entry, path or hub id of that name
├── WeightsError           weights cannot be had, or their bytes are wrong
│   └── DigestError        a file's SHA-256 differs from the catalogue's; the file was removed
├── DeviceError            the device asked for is not there
├── EndpointError          a server cannot be asked, or not for this
│   ├── UnreachableError   nobody answers there, or not in time
│   ├── RefusedError       it answers with an error
│   └── ProtocolError      what it sends is not what the OpenAI API says
├── WindowExceededError    the prompt does not fit the model's window
└── ProblemError           an evaluation cannot be made as it was asked for
"""

from functools import partial
from typing import Any


class ModelError(Exception):
    """Base of every error raised by `model`; the message says what to do next."""


class UnknownModelError(ModelError):
    """No model of that name is known."""


class WeightsError(ModelError):
    """Weights cannot be fetched, read or converted."""


class DigestError(WeightsError):
    """A file's SHA-256 is not the one in the catalogue; the file was removed."""


class DeviceError(ModelError):
    """The device asked for is not available on this machine."""


class EndpointError(ModelError):
    """A server with an OpenAI API cannot be asked, or not for this.

    `passes` says that the same request may well succeed a little later, not before `retry_after_s` if that is given.
    """

    def __init__(self, message: str, *, passes: bool = False, retry_after_s: float | None = None) -> None:
        """Keep apart what those who ask again need to know."""
        super().__init__(message)
        self.passes = passes
        self.retry_after_s = retry_after_s


class UnreachableError(EndpointError):
    """Nobody answers at that address, or not in time."""


class RefusedError(EndpointError):
    """The server answers with an error; `status` is that of HTTP, 200 where it came in the middle of an answer."""

    def __init__(self, message: str, *, status: int, passes: bool = False, retry_after_s: float | None = None) -> None:
        """Keep the status: what is done about it depends on that."""
        super().__init__(message, passes=passes, retry_after_s=retry_after_s)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep all of it on the way to another process, too."""
        kept = partial(type(self), status=self.status, passes=self.passes, retry_after_s=self.retry_after_s)
        return kept, self.args, vars(self)


class ProtocolError(EndpointError):
    """What the server sends is not what the OpenAI API says."""


class WindowExceededError(ModelError):
    """Prompt and answer together exceed the model's window."""


class ProblemError(ModelError):
    """No problem of an evaluation can be made of these parameters."""
