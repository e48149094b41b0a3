"""A forge on this machine: repositories over HTTP by git's own `http-backend`, and the interfaces of three forges.

Loopback only. Requests are checked against `described`; what is not described there is in `violations`.
"""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.forge.described import DESCRIPTIONS, Description, Operation
from tests.fakes.forge.pulls import LABELS, SHOWN, USERS, Pull

TOKEN = "s3cr3t-t0ken-of-the-tests"


@dataclass
class LocalForge:
    """Serves the bare repositories `root/OWNER/NAME.git`. With `fail` the next requests are answered so, by their name.

    `requests` has the method, path and headers of each one.
    """

    root: Path
    token: str = TOKEN
    pulls: list[Pull] = field(default_factory=list)
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    fail: dict[str, tuple[int, Any]] = field(default_factory=dict)
    on_operation: Callable[[str], None] = lambda _: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        forge = self

        class Handler(_Handler):
            served = forge

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def add(self, name: str, source: Path) -> str:
        """Serve a bare copy of a repository, and return its address."""
        target = self.root / f"{name}.git"
        target.parent.mkdir(parents=True, exist_ok=True)
        command = ["git", "clone", "-q", "--bare", "--no-local", "--template=", f"file://{source}", str(target)]
        subprocess.run(command, check=True)
        for key, value in {"http.receivepack": "true", "gc.auto": "0", "receive.autogc": "false"}.items():
            subprocess.run(["git", "-C", target, "config", key, value], check=True)
        return f"{self.url}/{name}.git"

    def git(self, name: str, *args: str, stdin: bytes = b"") -> str:
        command = ["git", "-C", self.root / f"{name}.git", *args]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout.decode().strip()

    def tip(self, name: str, branch: str) -> str | None:
        command = ["git", "-C", self.root / f"{name}.git", "rev-parse", "-q", "--verify", f"refs/heads/{branch}"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    served: LocalForge
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def handle_any(self) -> None:
        forge, url = self.served, urlsplit(self.path)
        data = self._read()
        forge.requests.append((self.command, self.path, dict(self.headers)))
        if ".git/" in url.path:
            self._git(url.path, url.query, data)
            return
        for kind, description in DESCRIPTIONS.items():
            if url.path.startswith(description.prefix + "/"):
                with forge.lock:
                    status, value = self._api(kind, description, url.path, dict(parse_qsl(url.query)), data)
                self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
                return
        self._answer(404, b"{}", {"Content-Type": "application/json"})

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _git(self, path: str, query: str, data: bytes) -> None:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        password = base64.b64decode(given).decode().partition(":")[2] if scheme == "Basic" else ""
        if password != self.served.token:
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
            return
        environment = os.environ | {
            "GIT_PROJECT_ROOT": str(self.served.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "magicode",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=data, env=environment, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200 OK").split()[0])
        self._answer(status, body, headers)

    def _api(
        self, kind: str, description: Description, path: str, query: dict[str, str], data: bytes
    ) -> tuple[int, Any]:
        forge = self.served
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme not in description.schemes or given != forge.token:
            return 401, {"message": "Bad credentials"}
        inner = path.removeprefix(description.prefix)
        for operation in description.operations:
            match = operation.pattern.fullmatch(inner)
            if match and operation.method == self.command:
                body = json.loads(data) if data else None
                if mistakes := operation.mistakes(query, body):
                    forge.violations += [f"{self.command} {inner}: {mistake}" for mistake in mistakes]
                    return 500, {"message": "; ".join(mistakes)}
                forge.operations.append(operation.name)
                forge.on_operation(operation.name)
                if operation.name in forge.fail:
                    return forge.fail.pop(operation.name)
                parts = {name: unquote(value) for name, value in match.groupdict().items()}
                name = (
                    parts["project"]
                    if "project" in parts
                    else "/".join((parts.get("owner", ""), parts.get("repo", "")))
                )
                return _Operations(forge, kind, name)(operation, parts, query, body)
        forge.violations.append(f"{self.command} {inner} is not described")
        return 404, {"message": "Not Found"}


@dataclass
class _Operations:
    forge: LocalForge
    kind: str
    repository: str

    def __call__(
        self, operation: Operation, parts: dict[str, str], query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if operation.name == "users":
            name = query["username"]
            return 200, [{"id": USERS[name], "username": name}] if name in USERS else []
        if not (self.forge.root / f"{self.repository}.git").is_dir():
            return 404, {"message": "Not Found"}
        if "number" in parts:
            found = [p for p in self._pulls() if p.number == int(parts["number"])]
            if not found:
                return 404, {"message": "Not Found"}
            return getattr(self, operation.name)(found[0], body)  # type: ignore[no-any-return]
        return getattr(self, f"{operation.name}_all")(query, body)  # type: ignore[no-any-return]

    def _pulls(self) -> list[Pull]:
        return [pull for pull in self.forge.pulls if pull.repository == self.repository]

    def _shown(self, pull: Pull) -> dict[str, Any]:
        return SHOWN[self.kind](pull, self.forge.url, self.forge.tip)

    def list_all(self, query: dict[str, str], _: Any) -> tuple[int, Any]:
        found = self._pulls()[::-1]
        head = query.get("source_branch") or query.get("head", "").partition(":")[2]
        found = [pull for pull in found if not head or pull.head == head]
        state = query.get("state", "all")
        if state in {"open", "closed"}:
            found = [pull for pull in found if (pull.state == "open") == (state == "open")]
        size = int(query.get("limit") or query.get("per_page") or 30)
        start = (int(query.get("page") or 1) - 1) * size
        return 200, [self._shown(pull) for pull in found[start : start + size]]

    def create_all(self, _: Any, body: dict[str, Any]) -> tuple[int, Any]:
        head, base = body.get("head") or body["source_branch"], body.get("base") or body["target_branch"]
        if any(pull.head == head and pull.base == base and pull.state == "open" for pull in self._pulls()):
            status = 422 if self.kind == "github" else 409
            return status, {"message": "Validation Failed", "errors": [{"message": "a pull request already exists"}]}
        tips = [self.forge.tip(self.repository, branch) for branch in (head, base)]
        if None in tips or tips[0] == tips[1]:
            return 422, {"message": f"no commits between {base} and {head}"}
        number = len(self._pulls()) + 1
        text = body.get("description" if self.kind == "gitlab" else "body", "")
        pull = Pull(number, self.repository, head, base, body["title"], text, body.get("draft", False))
        if self.kind == "gitlab":
            pull.labels = [label for label in body.get("labels", "").split(",") if label]
            self._reviewers_by_id(pull, body.get("reviewer_ids", []))
        if self.kind == "gitea":
            pull.labels = [name for name, number in LABELS.items() if number in body.get("labels", [])]
        self.forge.pulls.append(pull)
        return 201, self._shown(pull)

    def get(self, pull: Pull, _: Any) -> tuple[int, Any]:
        return 200, self._shown(pull)

    def edit(self, pull: Pull, body: dict[str, Any]) -> tuple[int, Any]:
        pull.title = body.get("title", pull.title)
        pull.body = body.get("description" if self.kind == "gitlab" else "body", pull.body)
        pull.base = body.get("base") or body.get("target_branch") or pull.base
        pull.labels += [each for each in body.get("add_labels", "").split(",") if each and each not in pull.labels]
        if "reviewer_ids" in body:
            self._reviewers_by_id(pull, body["reviewer_ids"])
        return 200, self._shown(pull)

    def labels_all(self, query: dict[str, str], _: Any) -> tuple[int, Any]:
        first_page = query.get("page", "1") == "1"
        return 200, [{"id": number, "name": name} for name, number in LABELS.items()] if first_page else []

    def label(self, pull: Pull, body: Any) -> tuple[int, Any]:
        names = (
            body if isinstance(body, list) else [name for name, number in LABELS.items() if number in body["labels"]]
        )
        pull.labels += [name for name in names if name not in pull.labels]
        return 200, [{"name": name} for name in pull.labels]

    def review(self, pull: Pull, body: dict[str, Any]) -> tuple[int, Any]:
        if unknown := [name for name in body.get("reviewers", []) if name not in USERS]:
            return (404 if self.kind == "gitea" else 422), {"message": f"{unknown[0]} is not a collaborator"}
        pull.reviewers += [name for name in body.get("reviewers", []) if name not in pull.reviewers]
        return 201, self._shown(pull) if self.kind == "github" else []

    def _reviewers_by_id(self, pull: Pull, ids: list[int]) -> None:
        pull.reviewers = [name for name, number in USERS.items() if number in ids]
