"""What servers say of themselves, as their own versions of late 2026 say it, or as their documentation does."""

from collections.abc import Iterator
from typing import Any

import pytest

from model.endpoint import backoff
from model.endpoint.address import Address
from model.endpoint.kinds import Kind
from model.endpoint.server import Server, find_server
from model.endpoint.settings import Endpoint
from model.endpoint.wire import Wire
from model.errors import RefusedError
from tests.fakes.openai_server import OpenAiServer


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer().running() as running:
        yield running


def _found(server: OpenAiServer, model: str | None = None) -> Server:
    wire = Wire(Endpoint(Address.parse(server.url)))
    try:
        return find_server(wire, model)
    finally:
        wire.close()


def _lists(name: str, owned_by: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owned_by, **more}]}


def test_llama_server(server: OpenAiServer) -> None:
    server.listing = _lists("m.gguf", "llamacpp", meta={"n_ctx_train": 32_768})
    server.get = {"/props": {"default_generation_settings": {"n_ctx": 4_096}, "total_slots": 2}}
    assert _found(server) == Server("llama-server", "m.gguf", 4_096, 2, counts=True)


@pytest.mark.parametrize(("owned_by", "kind", "counts"), [("vllm", "vLLM", True), ("sglang", "SGLang", False)])
def test_vllm_and_sglang(server: OpenAiServer, owned_by: str, kind: Kind, *, counts: bool) -> None:
    server.listing = _lists("Qwen/Qwen2.5-Coder-7B-Instruct", owned_by, max_model_len=32_768)
    assert _found(server) == Server(kind, "Qwen/Qwen2.5-Coder-7B-Instruct", 32_768, counts=counts)


def test_ollama_is_asked_what_it_loaded_not_what_the_model_can(server: OpenAiServer) -> None:
    server.listing = _lists("qwen2.5-coder:7b", "library")
    server.post = {"/api/generate": lambda body: {"model": body["model"], "done": True, "done_reason": "load"}}
    server.get = {"/api/ps": {"models": [{"name": "qwen2.5-coder:7b", "context_length": 4_096}]}}
    assert _found(server) == Server("Ollama", "qwen2.5-coder:7b", 4_096)
    assert [each.path for each in server.asked] == ["/v1/models", "/api/generate", "/api/ps"]


def test_ollama_takes_a_name_without_a_tag_for_the_latest(server: OpenAiServer) -> None:
    server.listing = _lists("coder:latest", "library")
    server.post = {"/api/generate": lambda body: {"model": body["model"], "done": True}}
    server.get = {"/api/ps": {"models": [{"name": "coder:latest", "context_length": 4_096}]}}
    assert _found(server, "coder") == Server("Ollama", "coder", 4_096)


def test_lm_studio(server: OpenAiServer) -> None:
    server.listing = _lists("qwen2.5-coder-7b", "organization_owner")
    server.get = {"/api/v0/models/qwen2.5-coder-7b": {"max_context_length": 32_768, "loaded_context_length": 8_192}}
    assert _found(server) == Server("LM Studio", "qwen2.5-coder-7b", 8_192)


@pytest.mark.parametrize("owned_by", ["llamacpp", "library", "organization_owner"])
def test_what_a_proxy_closes_is_done_without(server: OpenAiServer, owned_by: str) -> None:
    server.listing = _lists("m", owned_by)
    assert _found(server).context_length is None


def test_a_model_that_is_not_listed_is_left_to_the_server(
    server: OpenAiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.0)
    server.listing = {"object": "list", "data": []}
    assert _found(server, "owner/name") == Server("other", "owner/name")
    for status in (404, 405, 500):
        server.get = {"/v1/models": lambda exchange, status=status: exchange.whole(status, "")}
        assert _found(server, "owner/name") == Server("other", "owner/name")
        with pytest.raises(RefusedError):
            _found(server)
    server.get = {"/v1/models": lambda exchange: exchange.whole(401, "")}
    with pytest.raises(RefusedError, match="wants a key"):
        _found(server, "owner/name")


@pytest.mark.parametrize(
    "entry", [{"id": 7}, 7, {"id": "m", "max_model_len": "many"}, {"id": "m", "max_model_len": -1}]
)
def test_nonsense_in_a_listing(server: OpenAiServer, entry: Any) -> None:
    server.listing = {"data": [entry]}
    assert _found(server, "m") == Server("other", "m")
