"""Several answers to one prompt, asked for side by side: patiently, and the first one ahead of the others."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from model.api import OnText
from model.endpoint import backoff
from model.endpoint.events import Piece, Usage
from model.endpoint.refusals import is_loading
from model.endpoint.wire import Wire
from model.errors import EndpointError, ModelError, ProtocolError

_THOUGHTS = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
# Servers are asked for so many tokens; one that writes more characters than any tokenizer makes of them never ends.
_MOST_CHARS_A_TOKEN = 256


@dataclass(slots=True)
class Answer:
    """What came back. Seconds are from when it was asked for, the waiting before other tries left out."""

    text: str = ""
    finish: str = ""
    usage: Usage | None = None
    n_pieces: int = 0
    first_s: float = 0.0
    total_s: float = 0.0
    _n_chars: int = 0  # those that the model says to itself included
    _started: float = field(default_factory=time.perf_counter)

    def add(self, piece: Piece, max_tokens: int) -> None:
        """Take one more piece.

        Raises:
            ProtocolError: the server does not keep to the tokens that it was asked for.

        """
        if piece.text or piece.thought:
            self.first_s = self.first_s or time.perf_counter() - self._started
            self.n_pieces += 1
            self._n_chars += len(piece.text) + len(piece.thought)
            self.text += piece.text
        self.finish = piece.finish or self.finish
        self.usage = piece.usage or self.usage
        if self._n_chars > max_tokens * _MOST_CHARS_A_TOKEN:
            raise ProtocolError(f"the server writes on and on, beyond the {max_tokens:,} tokens that it was asked for")

    def ended(self) -> "Answer":
        """Return it with what the model said to itself taken off."""
        self.total_s = time.perf_counter() - self._started
        self.text = _THOUGHTS.sub("", self.text, count=1) if self.text.lstrip().startswith("<think>") else self.text
        return self


def ask_for(wire: Wire, payloads: Sequence[dict[str, Any]], on_text: OnText) -> list[Answer]:
    """Return an answer to each payload, in order, those left out that did not come; `on_text` hears the first.

    The first is asked for alone until it begins: by then the server has read the prompt, and need not read it again for
    the others.

    Raises:
        EndpointError: none came.
        WindowExceededError: the prompt is refused as too long.

    """
    return asyncio.run(_ask_for(wire, payloads, on_text))


async def _ask_for(wire: Wire, payloads: Sequence[dict[str, Any]], on_text: OnText) -> list[Answer]:
    begun = asyncio.Event()

    async with wire.open_client() as client:

        async def first() -> Answer:
            heard = _Heard(on_text, begun.set)
            try:
                return await _ask(wire, client, payloads[0], heard)
            finally:
                begun.set()

        async def further(payload: dict[str, Any]) -> Answer:
            await begun.wait()
            return await _ask(wire, client, payload, _Heard(lambda _text: None, lambda: None))

        asked = [first(), *map(further, payloads[1:])]
        came = await asyncio.gather(*asked, return_exceptions=True)
    errors = [each for each in came if isinstance(each, BaseException)]
    for error in errors:
        if not isinstance(error, ModelError):  # Ctrl-C, or a mistake of ours
            raise error
    answers = [each for each in came if isinstance(each, Answer)]
    if not answers:
        raise errors[0]
    return answers


async def _ask(wire: Wire, client: httpx2.AsyncClient, payload: dict[str, Any], heard: "_Heard") -> Answer:
    max_tokens = payload["max_tokens"] if "max_tokens" in payload else payload["max_completion_tokens"]
    delays = backoff.delays(wire.rng)
    gives_up = time.monotonic() + wire.endpoint.timeouts.first_token_s
    while True:
        answer = Answer()
        heard.again()

        def on_piece(piece: Piece, answer: Answer = answer) -> None:
            answer.add(piece, max_tokens)
            heard.add(piece)

        try:
            await wire.answer(client, payload, on_piece)
        except EndpointError as error:
            waits_on = is_loading(error) and time.monotonic() < gives_up
            await asyncio.sleep(backoff.wait_s(error, 1.0 if waits_on else next(delays, None)))
        else:
            return answer.ended()


class _Heard:
    """Tells of an answer's text once: what a second try says again is not repeated."""

    def __init__(self, on_text: OnText, on_begin: Callable[[], None]) -> None:
        self._on_text, self._on_begin = on_text, on_begin
        self._n_told = self._n_said = 0

    def again(self) -> None:
        self._n_said = 0

    def add(self, piece: Piece) -> None:
        if piece.text or piece.thought:
            self._on_begin()
        self._n_said += len(piece.text)
        n_new = self._n_said - self._n_told
        if n_new > 0:
            self._on_text(piece.text[-n_new:])
            self._n_told = self._n_said
