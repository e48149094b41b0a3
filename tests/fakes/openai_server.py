"""A server with an OpenAI API on a real socket of this machine, whose answers and faults follow a script."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Exchange"], None]
USAGE = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass
class Exchange:
    """What a reply writes to."""

    handler: BaseHTTPRequestHandler
    asked: Asked

    def head(self, status: int, kind: str, **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)

    def whole(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
        data = body.encode()
        self.head(status, kind, Content_Length=str(len(data)), **headers)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def begin_stream(self, kind: str = "text/event-stream") -> None:
        self.head(200, kind, Transfer_Encoding="chunked")
        self.handler.end_headers()

    def send(self, data: bytes) -> None:
        self.handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.handler.wfile.flush()

    def event(self, value: Any) -> None:
        self.send(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())

    def end_stream(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """Close the connection, as the system does for a server that is killed."""
        self.handler.connection.shutdown(socket.SHUT_RDWR)
        self.handler.close_connection = True


def chunk(text: str = "", finish: str | None = None, **delta: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}]}


def says(text: str, *, usage: dict[str, Any] | None = USAGE, finish: str = "stop", done: bool = True) -> Reply:
    """Stream a text, word by word."""

    def reply(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]})
        for line in text.splitlines(keepends=True):
            exchange.event(chunk(line))
        exchange.event(chunk(finish=finish))
        if usage is not None:
            exchange.event({"choices": [], "usage": usage})
        if done:
            exchange.event("[DONE]")
        exchange.end_stream()

    return reply


def unstreamed(text: str) -> Reply:
    answer = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": USAGE}
    return lambda exchange: exchange.whole(200, json.dumps(answer))


def fails(status: int, message: str = "no", **headers: str) -> Reply:
    return lambda exchange: exchange.whole(status, json.dumps({"error": {"message": message}}), **headers)


def is_cut(text: str, *, dropped: bool = False) -> Reply:
    """Say a text, and go before the end: properly, or with the connection torn."""

    def reply(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.event(chunk(text))
        if dropped:
            exchange.drop()
        else:
            exchange.end_stream()

    return reply


def hangs(seconds: float, after: str = "") -> Reply:
    def reply(exchange: Exchange) -> None:
        if after:
            exchange.begin_stream()
            exchange.event(chunk(after))
        time.sleep(seconds)

    return reply


def keeps_alive(seconds: float) -> Reply:
    """Send comments and no token."""

    def reply(exchange: Exchange) -> None:
        exchange.begin_stream()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            exchange.send(b": still here\n\n")
            time.sleep(0.02)

    return reply


def sends(*events: Any) -> Reply:
    def reply(exchange: Exchange) -> None:
        exchange.begin_stream()
        for event in events:
            exchange.event(event)
        exchange.end_stream()

    return reply


@dataclass
class OpenAiServer:
    """Answers with one reply after the other, the last one again and again; what it was asked is kept."""

    replies: Sequence[Reply] = ()
    listing: Any = None
    owned_by: str = "fake"
    context: int | None = 32_768
    get: Mapping[str, Any] = field(default_factory=dict)  # by path
    post: Mapping[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    n_at_once: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def chats(self) -> list[Asked]:
        return [each for each in self.asked if each.path == "/v1/chat/completions"]

    @contextmanager
    def running(self) -> Iterator["OpenAiServer"]:
        lock = threading.Lock()
        n_now = 0
        own = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                own.asked.append(Asked(self.path, dict(self.headers), {}))
                exchange = Exchange(self, own.asked[-1])
                value = own.get.get(self.path, own.listed() if self.path == "/v1/models" else None)
                if callable(value):
                    value(exchange)
                elif value is None:
                    exchange.whole(404, '{"error": {"message": "not found"}}')
                else:
                    exchange.whole(200, json.dumps(value))

            def do_POST(self) -> None:
                nonlocal n_now
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = Asked(self.path, dict(self.headers), body)
                with lock:
                    own.asked.append(asked)
                    n_now += 1
                    own.n_at_once = max(own.n_at_once, n_now)
                    n_before = len(own.chats) - 1
                exchange = Exchange(self, asked)
                try:
                    if self.path in own.post:
                        exchange.whole(200, json.dumps(own.post[self.path](body)))
                    elif self.path == "/v1/chat/completions" and own.replies:
                        own.replies[min(n_before, len(own.replies) - 1)](exchange)
                    else:
                        exchange.whole(404, '{"detail": "Not Found"}')
                finally:
                    with lock:
                        n_now -= 1

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # clients that go away are part of the game

        with Server(("127.0.0.1", self.port), Handler) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def listed(self) -> Any:
        if self.listing is not None:
            return self.listing
        entry: dict[str, Any] = {"id": "big-model", "object": "model", "owned_by": self.owned_by}
        if self.context is not None:
            entry["max_model_len"] = self.context
        return {"object": "list", "data": [entry]}
