"""Servers that run on this machine at their usual ports."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from model.endpoint.kinds import Kind, kind_of, names_of

PORTS: dict[int, Kind] = {11434: "Ollama", 8080: "llama-server", 1234: "LM Studio", 8000: "vLLM", 30000: "SGLang"}
DEADLINE_S = 0.25
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A server, and the models that it lists."""

    url: str
    kind: Kind
    models: tuple[str, ...]


def look_for_servers(ports: Sequence[int] | None = None, deadline_s: float = DEADLINE_S) -> Callable[[], list[Found]]:
    """Begin to ask ports (the usual ones) at once, and return what waits for those that answer before the deadline.

    In plain threads over the standard library, since a client with all its means takes as long to import as this may
    take. The threads are daemons: what hangs is left behind.
    """
    ports = tuple(PORTS if ports is None else ports)
    found: dict[int, Found] = {}
    ends = time.monotonic() + deadline_s
    threads = [
        threading.Thread(target=_ask, args=(port, ends, found), name=f"port-{port}", daemon=True) for port in ports
    ]
    for thread in threads:
        thread.start()

    def wait() -> list[Found]:
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return [found[port] for port in ports if port in found]

    return wait


def _ask(port: int, ends: float, found: dict[int, Found]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=max(0.01, ends - time.monotonic()))
    try:
        connection.request("GET", "/v1/models", headers={"User-Agent": "magicode"})
        response = connection.getresponse()
        listing = json.loads(response.read(_MAX_BYTES)) if response.status == 200 else None
    except (OSError, HTTPException, ValueError, RecursionError):
        return  # nobody is there, or somebody else
    finally:
        connection.close()
    if not isinstance(listing, dict) or not isinstance(listing.get("data"), list):
        return
    entry = next((each for each in listing["data"] if isinstance(each, dict)), {})
    found[port] = Found(f"http://127.0.0.1:{port}/v1", kind_of(entry), tuple(names_of(listing)))
