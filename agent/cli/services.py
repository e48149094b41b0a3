"""What commands need of the outside, so that tests can hand in their own."""

from dataclasses import dataclass
from typing import Any, Protocol

import typer

from agent.protocols import LanguageModel
from model.api import OnProgress


class OpenModel(Protocol):
    """Makes a model from what the user calls it."""

    def __call__(self, name: str, *, device: str, on_progress: OnProgress) -> LanguageModel[Any]:
        """Open it; weights may be fetched."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The outside, as one value: `ctx.obj`."""

    open_model: OpenModel


def services(ctx: typer.Context) -> Services:
    """Return the services of this run; the real ones unless the caller put others into the context."""
    return ctx.obj if isinstance(ctx.obj, Services) else Services(_open_local_model)


def _open_local_model(name: str, *, device: str, on_progress: OnProgress) -> LanguageModel[Any]:
    from model.loading import open_model  # noqa: PLC0415 - the tokenizer library is not needed for --help

    return open_model(name, device=device, on_progress=on_progress)
