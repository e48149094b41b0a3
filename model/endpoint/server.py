"""What a server is and can do, as it says itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.endpoint.kinds import Kind, kind_of
from model.endpoint.wire import Wire
from model.errors import EndpointError, RefusedError, UnknownModelError

_NOT_LET_IN = {401, 403}
_USUAL_TAG = ":latest"  # which Ollama takes for granted
_SHOWN = 8  # models that an error names


@dataclass(frozen=True, slots=True)
class Server:
    """One model of a server. `context_length` is in tokens, None where the server does not say.

    `n_slots` are the answers that it writes side by side, None where it does not say; `counts` tells that it tokenises
    for us; `others` are what it lists where it does not list this one.
    """

    kind: Kind
    model: str
    context_length: int | None = None
    n_slots: int | None = None
    counts: bool = False
    others: tuple[str, ...] = ()


def find_server(wire: Wire, model: str | None) -> Server:
    """Ask a server what it is, and what it says of one model.

    Args:
        wire: how to reach it.
        model: the model's name there; None takes the only one that it lists.

    Raises:
        UnknownModelError: it lists several models, or none, and nothing says which is meant.
        EndpointError: it cannot be asked.

    """
    try:
        listed = _listed(wire)
    except RefusedError as error:
        # some servers list nothing, and `transformers serve` fails at it where the user has no cache of models
        if model is None or error.status in _NOT_LET_IN:
            raise
        listed = []
    entry = _entry(listed, model, wire)
    name = model if model is not None else str(entry["id"])
    kind = kind_of(entry or next(iter(listed), {}))
    server = Server(
        kind,
        name,
        _integer(entry.get("max_model_len")),
        counts=kind in {"llama-server", "vLLM"},
        others=() if entry else tuple(str(each["id"]) for each in listed),
    )
    ask_more = _MORE.get(kind)
    if ask_more is None:
        return server
    try:
        return ask_more(wire, server)
    except EndpointError:  # what is behind a proxy often has these paths closed
        return server


def _listed(wire: Wire) -> list[dict[str, Any]]:
    listing = wire.ask(f"{wire.endpoint.address}/models")
    return [each for each in listing.get("data") or () if isinstance(each, dict) and isinstance(each.get("id"), str)]


def _entry(listed: Sequence[dict[str, Any]], model: str | None, wire: Wire) -> dict[str, Any]:
    """Return what the server says of a model; nothing for one that it does not list: some load models when asked."""
    by_name = {str(each["id"]): each for each in listed}
    if model is not None:
        return next((by_name[name] for name in (model, f"{model}{_USUAL_TAG}") if name in by_name), {})
    if len(by_name) == 1:
        return next(iter(by_name.values()))
    if not by_name:
        raise UnknownModelError(f"{wire.endpoint.address} lists no model; load one there, or name it with --model")
    raise UnknownModelError(f"{wire.endpoint.address} has several models; choose one with --model: {some_of(by_name)}")


def some_of(names: Collection[str]) -> str:
    """Return the first few of a server's models, to be shown."""
    return ", ".join(list(names)[:_SHOWN]) + ", …" * (len(names) > _SHOWN)


def _llama_server(wire: Wire, server: Server) -> Server:
    properties = wire.ask(f"{wire.endpoint.address.root}/props")
    settings = properties.get("default_generation_settings") or {}
    return replace(
        server, context_length=_integer(settings.get("n_ctx")), n_slots=_integer(properties.get("total_slots"))
    )


def _ollama(wire: Wire, server: Server) -> Server:
    """Ask how much context the model was loaded with: Ollama cuts silently what goes beyond, whatever the model can."""
    root = wire.endpoint.address.root
    wire.ask(f"{root}/api/generate", {"model": server.model, "stream": False}, loads=True)  # and writes nothing
    running = wire.ask(f"{root}/api/ps").get("models") or ()
    names = {server.model, f"{server.model}{_USUAL_TAG}"}
    loaded: dict[str, Any] = next(
        (each for each in running if not names.isdisjoint({each.get("name"), each.get("model")})), {}
    )
    return replace(server, context_length=_integer(loaded.get("context_length")))


def _lm_studio(wire: Wire, server: Server) -> Server:
    entry = wire.ask(f"{wire.endpoint.address.root}/api/v0/models/{server.model}")
    return replace(server, context_length=_integer(entry.get("loaded_context_length")))


_MORE: dict[Kind, Callable[[Wire, Server], Server]] = {
    "llama-server": _llama_server,
    "Ollama": _ollama,
    "LM Studio": _lm_studio,
}


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
