"""HTTP to one server: JSON both ways and streamed answers, each failure an error of ours.

httpx2 is the fork of httpx that huggingface_hub depends on, so it costs no further package; the `openai` client would
bring four, and hides the time-outs between tokens that are the point here.
"""

import asyncio
import json
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import httpx2

from model.endpoint import backoff
from model.endpoint.events import DONE, Piece, read_events, read_object, read_piece
from model.endpoint.refusals import is_loading, redirection, refusal, without_key
from model.endpoint.settings import Endpoint
from model.errors import EndpointError, ProtocolError, UnreachableError

_MAX_JSON_BYTES = 16_000_000
_MAX_ERROR_BYTES = 100_000
_POLL_S = 0.05
_OF_ANSWERS = {"text/event-stream", "application/json"}

OnPiece = Callable[[Piece], None]


class Wire:
    """Asks one server. The user's proxies are used, but never to reach this machine; redirects are not followed."""

    def __init__(self, endpoint: Endpoint, rng: random.Random | None = None) -> None:
        """Connect to nothing yet; `rng` draws how long is waited between tries."""
        self.endpoint = endpoint
        self._free = threading.Semaphore(endpoint.n_connections)
        self.rng = rng or random.Random()  # noqa: S311 - processes that wait as long as each other are what it is against

    def ask(self, url: str, payload: Any = None, *, loads: bool = False) -> dict[str, Any]:
        """Return the JSON object at a URL, after a POST of `payload` if there is one; asked again where that may help.

        `loads` says that it may take as long as a first token.

        Raises:
            EndpointError: there is none.
            WindowExceededError: it is refused as too long.

        """
        delays = backoff.delays(self.rng)
        gives_up = time.monotonic() + self.endpoint.timeouts.first_token_s
        while True:
            try:
                return self.ask_once(url, payload, loads=loads)
            except EndpointError as error:
                waits_on = is_loading(error) and time.monotonic() < gives_up
                time.sleep(backoff.wait_s(error, 1.0 if waits_on else next(delays, None)))

    def ask_once(self, url: str, payload: Any = None, *, loads: bool = False) -> dict[str, Any]:
        """Return the JSON object at a URL; raises as `ask` does."""
        timeouts = self.endpoint.timeouts
        ask_s = timeouts.first_token_s if loads else timeouts.ask_s
        gives_up = time.monotonic() + ask_s
        method = "GET" if payload is None else "POST"
        with (
            self._as_ours(ask_s),
            self._client.stream(
                method, url, json=payload, timeout=httpx2.Timeout(ask_s, connect=timeouts.connect_s)
            ) as response,
        ):
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_JSON_BYTES:
                    raise ProtocolError(f"{url} sends more than {_MAX_JSON_BYTES:,} bytes")
                if time.monotonic() > gives_up:
                    raise self._late(ask_s)
            self._check(response, body)
        return read_object(body.decode(errors="replace"))

    async def answer(self, client: httpx2.AsyncClient, payload: dict[str, Any], on_piece: OnPiece) -> None:
        """Ask for one answer, and tell of each piece until it has ended.

        It waits until one of the endpoint's connections is free: threads share them.

        Raises:
            EndpointError: it did not come, or not to its end.
            WindowExceededError: it is refused as too long.

        """
        while not self._free.acquire(blocking=False):  # noqa: ASYNC110 - each thread has a loop of its own
            await asyncio.sleep(_POLL_S)
        try:
            await self._answer(client, payload, on_piece)
        finally:
            self._free.release()

    async def _answer(self, client: httpx2.AsyncClient, payload: dict[str, Any], on_piece: OnPiece) -> None:
        timeouts = self.endpoint.timeouts
        wait_s, gets_on = timeouts.first_token_s, asyncio.get_running_loop().time
        has_ended = has_begun = False
        try:
            async with asyncio.timeout(wait_s) as limit:
                with self._as_ours(wait_s):
                    async with client.stream("POST", f"{self.endpoint.address}/chat/completions", json=payload) as got:
                        await self._check_answer(got)
                        async for value in _values(got):
                            if value.get("error"):
                                raise self._broken_off(value["error"])
                            piece = read_piece(value)
                            has_ended = has_ended or piece.finish is not None
                            if piece.text or piece.thought:
                                has_begun, wait_s = True, timeouts.next_token_s
                                limit.reschedule(gets_on() + wait_s)
                            on_piece(piece)
        except TimeoutError as error:
            if has_ended:  # all is there but for the connection's end
                return
            raise self._late(wait_s, "the next token" if has_begun else "a first token") from error
        if not has_ended:
            raise ProtocolError(f"{self.endpoint.address} ended in the middle of its answer", passes=True)

    def open_client(self) -> httpx2.AsyncClient:
        """Return a client for answers, which belongs to one event loop."""
        timeout = httpx2.Timeout(None, connect=self.endpoint.timeouts.connect_s)
        return httpx2.AsyncClient(timeout=timeout, **self._common)

    def close(self) -> None:
        """Close what connections there are."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> httpx2.Client:
        return httpx2.Client(**self._common)

    @property
    def _common(self) -> dict[str, Any]:
        address, key = self.endpoint.address, self.endpoint.key
        headers = {"User-Agent": "magicode"} | ({"Authorization": f"Bearer {key}"} if key else {})
        # certificates take longer to load than a local server to answer
        verify: bool | ssl.SSLContext = address.url.startswith("https:")
        return {"headers": headers, "trust_env": not address.is_local, "follow_redirects": False, "verify": verify}

    @contextmanager
    def _as_ours(self, wait_s: float) -> Iterator[None]:
        address = self.endpoint.address
        try:
            yield
        except httpx2.ConnectTimeout as error:
            late = f"{address} does not answer: no connection in {self.endpoint.timeouts.connect_s:.0f} s"
            raise UnreachableError(late, passes=True) from error
        except httpx2.TimeoutException as error:
            raise self._late(wait_s) from error
        except httpx2.ConnectError as error:
            said = without_key(str(error), self.endpoint.key)
            raise UnreachableError(f"{address} cannot be reached ({said}); is the server running?") from error
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            raise ProtocolError(f"{address} broke the connection off", passes=True) from error
        except httpx2.DecodingError as error:
            raise ProtocolError(f"{address} sent a body that cannot be unpacked") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError) as error:
            raise EndpointError(f"{address} cannot be asked: {without_key(str(error), self.endpoint.key)}") from error

    def _late(self, wait_s: float, what: str = "an answer") -> EndpointError:
        address = self.endpoint.address
        return UnreachableError(f"{address} sent nothing for {wait_s:,g} s, where {what} was due; see --server-timeout")

    def _check(self, response: httpx2.Response, body: bytes) -> None:
        if response.is_redirect:
            raise redirection(self.endpoint.address, response.headers.get("location"))
        if response.is_success:
            return
        said = body[:_MAX_ERROR_BYTES].decode(errors="replace")
        retry_after = response.headers.get("retry-after")
        raise refusal(self.endpoint.address, response.status_code, said, retry_after, self.endpoint.key)

    async def _check_answer(self, response: httpx2.Response) -> None:
        body = b""
        if not response.is_success and not response.is_redirect:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ERROR_BYTES:
                    break
        self._check(response, body)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _OF_ANSWERS:
            raise ProtocolError(
                f"{self.endpoint.address} answers with {kind or 'something untyped'!r:.100}, not with a stream of "
                "events; is this the base URL of an OpenAI-compatible API? Most end in /v1"
            )

    def _broken_off(self, error: Any) -> Exception:
        said = error if isinstance(error, str) else json.dumps(error)
        return refusal(self.endpoint.address, 200, said, None, self.endpoint.key)


async def _values(response: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """Yield the objects of a streamed answer, or the one of a server that does not stream."""
    if "json" in response.headers["content-type"].lower():
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_JSON_BYTES:
                raise ProtocolError(f"the server's answer has more than {_MAX_JSON_BYTES:,} bytes")
        yield read_object(body.decode(errors="replace"))
        return
    async for data in read_events(response.aiter_bytes()):
        if data.strip() == DONE:
            return
        yield read_object(data)
