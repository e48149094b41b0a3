"""A streamed answer: bytes to events, and events to pieces of text. Nothing here touches the network."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from model.errors import ProtocolError

MAX_LINE_BYTES = 4_000_000
DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; `n_cached` of the prompt it had read before."""

    n_prompt: int
    n_new: int
    n_cached: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event adds. `thought` is what a model says to itself, `finish` why it ended."""

    text: str = ""
    thought: str = ""
    finish: str | None = None
    usage: Usage | None = None


async def read_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield the data of each server-sent event (WHATWG HTML, 9.2.6); comments and other fields are passed over.

    Raises:
        ProtocolError: a line is longer than any event of the API.

    """
    data: list[str] = []
    async for line in _lines(chunks):
        field, _, value = line.removesuffix(b"\r").partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" ").decode(errors="replace"))
        elif not field and not value and data:
            yield "\n".join(data)
            data = []
    if data:  # the last event's blank line is often missing
        yield "\n".join(data)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE_BYTES or any(len(line) > MAX_LINE_BYTES for line in lines):
            raise ProtocolError(f"the server sent a line of more than {MAX_LINE_BYTES:,} bytes")
        for line in lines:
            yield line
    if rest:
        yield rest


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a text is.

    Raises:
        ProtocolError: it is none.

    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the server sent what is no JSON: {text!r:.200}") from error
    if not isinstance(value, dict):
        raise ProtocolError(f"the server sent {text!r:.200} where the API has an object")
    return value


def read_piece(value: dict[str, Any]) -> Piece:
    """Read a chunk of a streamed answer, or a whole one that was not streamed.

    Raises:
        ProtocolError: it has neither `choices` nor `usage`, or they are of another shape.

    """
    try:
        usage = _usage(value.get("usage"))
        choices = value.get("choices")
        if choices is None and usage is None:
            raise ProtocolError(f"the server's answer has no choices: {json.dumps(value)!r:.200}")
        if not choices:
            return Piece(usage=usage)
        choice = choices[0]
        said = choice.get("delta") or choice.get("message") or {}
        thought = said.get("reasoning_content") or said.get("reasoning") or ""
        return Piece(_text(said.get("content")), _text(thought), _text(choice.get("finish_reason")) or None, usage)
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ProtocolError(f"the server's answer is of no known shape: {json.dumps(value)!r:.200}") from error


def _text(content: Any) -> str:
    if isinstance(content, list):  # parts, as newer versions of the API write them
        return "".join(_text(part.get("text")) for part in content)
    if content is not None and not isinstance(content, str):
        raise TypeError
    return content or ""


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    n_prompt, n_new = value.get("prompt_tokens"), value.get("completion_tokens")
    if not isinstance(n_prompt, int) or not isinstance(n_new, int):
        return None
    details = value.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return Usage(n_prompt, n_new, cached if isinstance(cached, int) else 0)
