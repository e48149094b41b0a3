"""A model on a server, through the protocol that the agent knows."""

import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from model.api import Budget, Editable, Query, Sampling
from model.endpoint.address import Address
from model.endpoint.model import EndpointModel
from model.endpoint.opening import open_endpoint
from model.endpoint.server import find_server
from model.endpoint.settings import Endpoint
from model.endpoint.wire import Wire
from model.errors import RefusedError, UnknownModelError, WindowExceededError
from tests.fakes.documents import Text
from tests.fakes.openai_server import Exchange, OpenAiServer, fails, says

QUERY = Query((), "make add add")
EDITS = Editable({"calc.py": ("def add(a, b):", "    return a - b")})


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer([says("ok")]).running() as running:
        yield running


def _opened(server: OpenAiServer, tmp_path: Path, **options: Any) -> EndpointModel:
    endpoint = Endpoint(Address.parse(server.url), **options)
    return open_endpoint(endpoint, None, lambda _progress: None, tmp_path)


def _characters(body: dict[str, Any]) -> dict[str, Any]:
    """Tokenise as a server whose tokens are single characters."""
    return {"tokens": list(range(len(body["prompt"])))}


def test_what_the_server_counts_is_exact_and_what_it_does_not_is_rather_too_much(
    server: OpenAiServer, tmp_path: Path
) -> None:
    text = "def add(a, b):\n    return a + b\n" * 10
    estimated = _opened(server, tmp_path).count_tokens(text)
    server.owned_by, server.post = "vllm", {"/tokenize": _characters}
    model = _opened(server, tmp_path)
    assert model.count_tokens(text) == len(text)
    assert model.count_tokens("") == 0
    assert model.counts_exactly
    assert 120 <= estimated <= 250  # Qwen's tokenizer: 120
    server.post = {}
    assert model.count_tokens(text) == estimated  # a server that stops to count is not asked again
    assert not model.counts_exactly
    n_asked = len(server.asked)
    model.count_tokens(text)
    assert len(server.asked) == n_asked


def test_the_working_set_fits_the_servers_window_whatever_its_tokens_are(server: OpenAiServer, tmp_path: Path) -> None:
    server.owned_by, server.post, server.context = "vllm", {"/tokenize": _characters}, 3_000
    model = _opened(server, tmp_path)
    documents = [
        Text(PurePosixPath(f"lib/part{i}.py"), f"def add{i}(a, b):\n    return a + b + {i}\n\n\n" * 20)
        for i in range(40)
    ]
    query = Query((), "let add7 in part7 multiply")
    memory = model.look("system", documents, (), query, Budget(3_000, 4_096, 500), lambda _progress: None)
    assert memory.n_tokens + model.count_frame("", (), query.task) + 500 <= 3_000
    assert "add7(a, b)" in memory.text
    assert "lib/part7.py" in {sight.path for sight in model.sights(memory)}
    model.encode(memory, lambda _progress: None)
    assert model.complete(memory, query, None, Sampling(max_new_tokens=500), lambda _text: None)
    assert server.chats[0].body["messages"][0]["content"] == memory.text


def test_a_window_too_small_for_anything(server: OpenAiServer, tmp_path: Path) -> None:
    server.context = 600
    model = _opened(server, tmp_path)
    with pytest.raises(WindowExceededError, match="leaves 0 for the repository"):
        model.look(
            "system " * 200,
            [Text(PurePosixPath("a.py"), "x")],
            (),
            QUERY,
            Budget(600, 4_096, 500),
            lambda _progress: None,
        )
    with pytest.raises(WindowExceededError, match="are needed, but big-model has a window of 600"):
        model.remember("system " * 1_000, (), lambda _progress: None)
    memory = model.remember("system", (), lambda _progress: None)
    with pytest.raises(WindowExceededError, match="lower --max-new-tokens"):
        model.complete(memory, QUERY, None, Sampling(max_new_tokens=600), lambda _text: None)
    assert not server.chats


def test_what_is_sent_begins_the_same_for_each_query(server: OpenAiServer, tmp_path: Path) -> None:
    model = _opened(server, tmp_path)
    documents = [Text(PurePosixPath("b.py"), "b\n"), Text(PurePosixPath("a.py"), "a\n")]
    memory = model.remember("system\n", documents, lambda _progress: None)
    for task in ("one", "two"):
        model.complete(memory, Query((), task), None, Sampling(), lambda _text: None)
    first, second = (chat.body["messages"] for chat in server.chats)
    assert (
        first[0] == second[0] == {"role": "system", "content": "system\n" + "".join(each.read() for each in documents)}
    )
    assert "".join(model.render("system\n", documents, Query((), "one"))).endswith("\n\n### user\none\n\n")


def test_the_others_are_asked_for_when_the_first_begins(server: OpenAiServer, tmp_path: Path) -> None:
    begun: list[float] = []
    asked: list[float] = []

    def slowly(exchange: Exchange) -> None:
        asked.append(time.monotonic())
        if exchange.asked.body["seed"] == 0:
            time.sleep(0.3)
            begun.append(time.monotonic())
        says("one\ntwo\n")(exchange)

    server.replies = [slowly]
    model = _opened(server, tmp_path, n_connections=8)
    memory = model.remember("", (), lambda _progress: None)
    heard: list[str] = []
    done = model.complete(memory, QUERY, None, Sampling(n_attempts=4), heard.append)
    assert len(done) == 4
    assert "".join(heard) == "one\ntwo\n"
    assert asked[0] < begun[0] <= min(asked[1:])


def test_a_server_that_refuses_a_grammar_is_asked_without_from_then_on(server: OpenAiServer, tmp_path: Path) -> None:
    def without(exchange: Exchange) -> None:
        (fails(400, "grammar is not supported") if "grammar" in exchange.asked.body else says("ok"))(exchange)

    server.owned_by, server.replies = "llamacpp", [without]
    server.get = {"/props": {"default_generation_settings": {"n_ctx": 8_192}}}
    model = _opened(server, tmp_path)
    memory = model.remember("", (), lambda _progress: None)
    for _ in range(2):
        (done,) = model.complete(memory, QUERY, EDITS, Sampling(), lambda _text: None)
        assert done.text == "ok"
    assert ["grammar" in chat.body for chat in server.chats] == [True, False, False]
    server.replies = [fails(400, "no")]
    with pytest.raises(RefusedError):
        model.complete(memory, QUERY, EDITS, Sampling(), lambda _text: None)


def test_parameters_that_a_server_refuses_by_name_are_left_out_from_then_on(
    server: OpenAiServer, tmp_path: Path
) -> None:
    def newer(exchange: Exchange) -> None:
        body = exchange.asked.body
        if "max_tokens" in body:
            reply = fails(400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
        elif "temperature" in body:
            reply = fails(400, "'temperature' does not support 0 with this model. Only the default (1) is supported.")
        else:
            reply = says("ok")
        reply(exchange)

    server.replies = [newer]
    model = _opened(server, tmp_path)
    memory = model.remember("", (), lambda _progress: None)
    for _ in range(2):
        (done,) = model.complete(memory, QUERY, None, Sampling(max_new_tokens=50), lambda _text: None)
        assert done.text == "ok"
    assert len(server.chats) == 4
    assert server.chats[-1].body["max_completion_tokens"] == 50
    assert not {"max_tokens", "temperature"} & server.chats[-1].body.keys()


def test_a_model_that_is_not_listed_and_whose_context_nobody_says(server: OpenAiServer, tmp_path: Path) -> None:
    server.owned_by = "vllm"
    wire = Wire(Endpoint(Address.parse(server.url)))
    with pytest.raises(UnknownModelError, match="lists no model coder-7b; it has: big-model"):
        EndpointModel(wire, find_server(wire, "coder-7b"), tmp_path)
    wire.close()


def test_free_text_is_asked_for_without_a_grammar(server: OpenAiServer, tmp_path: Path) -> None:
    server.owned_by = "sglang"
    model = _opened(server, tmp_path)
    memory = model.remember("", (), lambda _progress: None)
    for edits in (None, EDITS):
        model.complete(memory, QUERY, edits, Sampling(temperature=0.5, top_p=0.9, min_p=0.1), lambda _text: None)
    free, shaped = (chat.body for chat in server.chats)
    assert "ebnf" not in free
    assert "--- a/calc.py" in shaped["ebnf"]
    assert (free["temperature"], free["top_p"], free["min_p"]) == (0.5, 0.9, 0.1)


def test_tokens_are_the_servers_where_it_tells_them(server: OpenAiServer, tmp_path: Path) -> None:
    model = _opened(server, tmp_path)
    memory = model.remember("", (), lambda _progress: None)
    (told,) = model.complete(memory, QUERY, None, Sampling(), lambda _text: None)
    assert (told.n_prompt_tokens, told.n_reused_tokens, told.n_new_tokens, told.is_estimated) == (100, 60, 7, False)
    server.replies = [says("ok", usage=None, finish="length")]
    (guessed,) = model.complete(memory, QUERY, None, Sampling(), lambda _text: None)
    assert guessed.is_estimated
    assert 1 <= guessed.n_new_tokens <= 3
    assert guessed.finish_reason == "length"
