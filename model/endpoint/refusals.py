"""What a server's error says, as an error of ours that says what to do."""

import json
import re
from typing import Any

from model.endpoint.address import Address
from model.endpoint.backoff import read_retry_after
from model.errors import EndpointError, ModelError, RefusedError, WindowExceededError

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_REQUESTS = frozenset({200, 400, 413, 422})  # what may be said of a request; 500 and the like are of the server
_TOO_LONG = re.compile(
    r"context.{0,20}(length|size|window)|exceed_context_size|maximum.{0,20}(tokens|context)|longer than the model",
    re.IGNORECASE,
)
_MOST_SHOWN = 300  # characters of a server's own words


def refusal(address: Address, status: int, body: str, retry_after: str | None, key: str | None) -> ModelError:
    """Return the error of a response that is none of success.

    Args:
        address: the server's.
        status: of HTTP; 200 for an error in the middle of an answer.
        body: what it said, JSON or not.
        retry_after: the header of that name.
        key: what must not be shown, should the server have repeated it.

    """
    said = without_key(_message(body), key)
    words = f": {said[:_MOST_SHOWN]}" if said else ""
    if status in {401, 403}:
        what = "refuses the key in MAGICODE_API_KEY" if key else "wants a key: set MAGICODE_API_KEY"
        return RefusedError(f"{address} {what} (HTTP {status}){words}", status=status)
    if status in _REQUESTS and _TOO_LONG.search(said):
        advice = "lower --context-limit or --max-new-tokens, or look at a part with --attention memory"
        return WindowExceededError(f"{address} has no room for this{words}; {advice}")
    if status == 404:
        advice = "is the base URL right (most end in /v1), and does the server have this model?"
        return RefusedError(f"{address} knows no such thing (HTTP 404){words}; {advice}", status=status)
    how = f"answers with HTTP {status}" if status != 200 else "broke off its answer"
    return RefusedError(
        f"{address} {how}{words}",
        status=status,
        passes=status in _PASSING or status == 200,
        retry_after_s=read_retry_after(retry_after),
    )


def redirection(address: Address, location: str | None) -> EndpointError:
    """Return the error of a server that sends us elsewhere: a key must not go where the user did not send it."""
    where = f" to {location!r:.200}" if location else ""
    return RefusedError(
        f"{address} redirects{where}, which is not followed; give the final address as --base-url", status=302
    )


def is_loading(error: EndpointError) -> bool:
    """Whether a server says that its model is still being loaded, as llama-server does for minutes."""
    return isinstance(error, RefusedError) and error.status == 503 and "loading" in str(error).lower()


def without_key(text: str, key: str | None) -> str:
    """Return a text with the key blotted out."""
    return text.replace(key, "…") if key else text


def _message(body: str) -> str:
    """Return what an error says: OpenAI's `error.message`, FastAPI's `detail`, or the text itself."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return re.sub(r"<[^>]*>|\s+", " ", body).strip()
    while isinstance(value, dict):
        value = next((value[key] for key in ("error", "message", "detail") if value.get(key)), None) or json.dumps(
            value
        )
    return value if isinstance(value, str) else json.dumps(value)
