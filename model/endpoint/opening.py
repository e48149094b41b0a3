"""The one way to a model on a server."""

from pathlib import Path

from model.api import OnProgress, Progress
from model.disk import shares
from model.endpoint.model import EndpointModel
from model.endpoint.server import find_server
from model.endpoint.settings import Endpoint
from model.endpoint.wire import Wire


def open_endpoint(
    endpoint: Endpoint,
    model: str | None,
    on_progress: OnProgress,
    memory_root: Path | None = None,
    *,
    cache_bytes: int | None = None,
) -> EndpointModel:
    """Return a model by its name on a server; None takes the only one that there is.

    What is tokenised for the memory is kept below `memory_root`; without it, in the user's cache. It
    may take its share of `cache_bytes`, where they are given.

    Raises:
        UnknownModelError: the server has several, or none.
        EndpointError: it cannot be asked, or nobody says how much context there is.

    """
    on_progress(Progress("connect", 0, 1, str(endpoint.address)))
    wire = Wire(endpoint)
    server = find_server(wire, model)
    opened = EndpointModel(wire, server, memory_root, None if cache_bytes is None else shares(cache_bytes)[1])
    counted = "" if opened.counts_exactly else ", counts of tokens are our estimate"
    what = "" if server.kind == "other" else f" ({server.kind})"
    told = f"{server.model} at {endpoint.address}{what}, {opened.context_limit:,} tokens of context{counted}"
    on_progress(Progress("connect", 1, 1, told))
    return opened
