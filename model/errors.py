"""Errors of the model layer.

ModelError
├── UnknownModelError      no catalogue entry, path or hub id of that name
├── WeightsError           weights cannot be had, or their bytes are wrong
│   └── DigestError        a file's SHA-256 differs from the catalogue's; the file was removed
├── DeviceError            the device asked for is not there
├── WindowExceededError    the prompt does not fit the model's window
└── ProblemError           an evaluation cannot be made as it was asked for
"""


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


class WindowExceededError(ModelError):
    """Prompt and answer together exceed the model's window."""


class ProblemError(ModelError):
    """No problem of an evaluation can be made of these parameters."""
