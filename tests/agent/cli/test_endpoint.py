"""A model on a server, from the command line: what is asked, and what a user sees of each fault."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent.errors import ExitCode
from model.endpoint import backoff
from tests.agent.cli.diffs import FIX, FIXED, NOWHERE
from tests.fakes.cli import Cli, Result
from tests.fakes.git_repo import Repo
from tests.fakes.openai_server import (
    Exchange,
    OpenAiServer,
    Reply,
    chunk,
    fails,
    hangs,
    is_cut,
    keeps_alive,
    says,
    sends,
    unstreamed,
)

FENCED = f"```diff\n{FIX}```"
KEY = "sk-" + "secret"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.0)
    for name in ("MAGICODE_BASE_URL", "MAGICODE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Asking:
    """Runs `magicode` against a server."""

    cli: Cli
    server: OpenAiServer

    def __call__(self, *args: str) -> Result:
        result = self.cli(*args, "--base-url", self.server.url, real_models=True)
        return replace(result, err=" ".join(result.err.split()))  # wherever it was wrapped


@pytest.fixture
def ask(cli: Cli) -> Iterator[Callable[[Sequence[Reply]], Asking]]:
    server = OpenAiServer()

    def with_replies(replies: Sequence[Reply]) -> Asking:
        server.replies = replies
        return Asking(cli, server)

    with server.running():
        yield with_replies


Ask = Callable[[Sequence[Reply]], Asking]


class TestWhatIsAsked:
    def test_a_task_is_done(self, ask: Ask, repo: Repo) -> None:
        asking = ask([says(FENCED)])
        result = asking("-y", "-u", "fix add")
        assert result.code == 0, result.err
        assert (repo.root / "calc.py").read_bytes() == FIXED
        assert "big-model at http://127.0.0.1:" in result.err
        assert "32,768 tokens of context, counts of tokens are our estimate" in result.err
        assert "100 prompt tokens, 60 of them remembered; 7 new tokens" in result.err
        (chat,) = asking.server.chats
        system, user = chat.body["messages"]
        assert (system["role"], user) == ("system", {"role": "user", "content": "fix add"})
        assert "### calc.py\n```python\ndef add(a, b):" in system["content"]
        assert "Authorization" not in chat.headers
        assert chat.body["model"] == "big-model"
        assert set(chat.body) == {  # `transformers serve` takes no field that is none of the API
            "model", "messages", "max_tokens", "temperature", "seed", "stream", "stream_options",
        }  # fmt: skip

    def test_the_key_is_sent_and_shown_nowhere(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAGICODE_API_KEY", f" {KEY}\n")
        asking = ask([fails(401, f"Incorrect API key provided: {KEY}")])
        result = asking("--dry-run", "--output-format", "json", "fix add")
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "refuses the key in MAGICODE_API_KEY (HTTP 401): Incorrect API key provided: …" in result.err
        assert KEY not in result.err + result.out.decode()
        assert {each.headers["Authorization"] for each in asking.server.asked} == {f"Bearer {KEY}"}

    def test_a_key_that_no_header_holds_is_not_quoted(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAGICODE_API_KEY", "two\nlines")
        result = ask([])("fix add")
        assert result.code == ExitCode.USAGE
        assert "lines" not in result.err

    def test_the_address_comes_from_the_environment(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        asking = ask([says(FENCED)])
        monkeypatch.setenv("MAGICODE_BASE_URL", asking.server.url.removesuffix("/v1"))
        result = asking.cli("--dry-run", "fix add", real_models=True)
        assert (result.code, b"+    return a + b" in result.out) == (0, True)

    def test_attempts_are_asked_for_side_by_side_behind_the_first(self, ask: Ask) -> None:
        asking = ask([says(FENCED)])
        result = asking("--dry-run", "-n", "5", "--connections", "2", "--output-format", "json", "fix add")
        outcome = json.loads(result.out)
        assert outcome["attempts"]["n"] == 5
        assert outcome["usage"]["new_tokens"] == 35
        assert not outcome["usage"]["estimated"]
        sent = [chat.body for chat in asking.server.chats]
        assert sorted((each["seed"], each["temperature"]) for each in sent) == [
            (0, 0.0),
            *((i, 0.6) for i in range(1, 5)),
        ]
        assert sent[0]["seed"] == 0
        assert asking.server.n_at_once <= 2

    def test_a_server_that_does_not_count_is_counted_for(self, ask: Ask) -> None:
        result = ask([says(FENCED, usage=None)])("--dry-run", "-u", "fix add")
        assert "(our estimate)" in result.err

    def test_context_is_counted_as_the_server_counts(self, ask: Ask) -> None:
        asking = ask([])
        asking.server.owned_by = "vllm"
        asking.server.post = {"/tokenize": lambda body: {"count": 3, "tokens": [1, 2, 3]}}
        counted = json.loads(asking("context", "--json").out)
        files = [node["n_tokens"] for node in counted["nodes"] if node["kind"] == "file"]
        assert (counted["window"], files) == (32_768, [3, 3])

    def test_one_answer_of_several_is_enough(self, ask: Ask, repo: Repo) -> None:
        result = ask([fails(400), says(FENCED)])("-y", "-n", "2", "fix add")
        assert result.code == 0
        assert (repo.root / "calc.py").read_bytes() == FIXED

    def test_what_was_not_taken_is_asked_for_again(self, ask: Ask, repo: Repo) -> None:
        asking = ask([says(NOWHERE), says(FENCED)])
        result = asking("-y", "fix add")
        assert result.code == 0
        again = asking.server.chats[1].body["messages"]
        assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
        assert again[0] == asking.server.chats[0].body["messages"][0]
        assert again[2]["content"] == NOWHERE
        assert "The hunk that was not taken:" in again[3]["content"]
        assert "The lines that the file has there:\n\n### calc.py\n```python\ndef add(a, b):" in again[3]["content"]


class TestFaultsThatPass:
    @pytest.mark.parametrize(
        "fault",
        [
            fails(429, Retry_After="0"),
            fails(500),
            fails(502),
            fails(503, "Loading model"),
            is_cut("```diff\n--- a/calc"),
            is_cut("```diff\n--- a/calc", dropped=True),
            sends(chunk("```diff\n"), {"error": {"message": "worker died"}}),
            lambda exchange: exchange.drop(),
        ],
        ids=["429", "500", "502", "loading", "cut", "torn", "error", "no answer"],
    )  # fmt: skip
    def test_are_waited_for(self, ask: Ask, repo: Repo, fault: Reply) -> None:
        asking = ask([fault, fault, says(FENCED)])
        result = asking("-y", "fix add")
        assert result.code == 0, result.err
        assert (repo.root / "calc.py").read_bytes() == FIXED
        assert len(asking.server.chats) == 3


class TestWhatIsSeenOfAFault:
    @pytest.mark.parametrize(
        ("fault", "n_asked", "seen"),
        [
            (fails(429, "slow down"), 6, "answers with HTTP 429: slow down; asked 6 times"),
            (fails(429, Retry_After="3600"), 1, "it wants to be asked again in 3,600 s"),
            (fails(500, "out of memory"), 6, "answers with HTTP 500: out of memory; asked 6 times"),
            (fails(400, "no such field"), 1, "answers with HTTP 400: no such field"),
            (fails(403), 1, "wants a key: set MAGICODE_API_KEY (HTTP 403)"),
            (fails(404, "no model"), 1, "HTTP 404): no model; is the base URL right"),
            (is_cut("--- a/calc"), 6, "ended in the middle of its answer; asked 6 times"),
            (is_cut("--- a/calc", dropped=True), 6, "broke the connection off; asked 6 times"),
            (sends("{nonsense"), 1, "the server sent what is no JSON: '{nonsense'"),
            (sends("[1, 2]"), 1, "where the API has an object"),
            (sends({"hello": 1}), 1, "the server's answer has no choices"),
            (sends({"choices": [7]}), 1, "is of no known shape"),
            (sends({"choices": [{"delta": {"content": 7}}]}), 1, "is of no known shape"),
            (sends({"error": "it's \"broken\""}), 6, "broke off its answer: it's \"broken\""),
            (lambda x: x.whole(200, "<html>hi</html>", "text/html"), 1, "answers with 'text/html', not with a stream"),
            (lambda x: x.whole(302, "", Location="http://else.invalid"), 1, "redirects to 'http://else.invalid'"),
            (sends("x" * 5_000_000), 1, "a line of more than 4,000,000 bytes"),
            (sends(*[chunk("x" * 100_000)] * 7), 1, "writes on and on, beyond the 2,048 tokens"),
            (sends(*[chunk(reasoning="x" * 100_000)] * 7), 1, "writes on and on, beyond the 2,048 tokens"),
            (hangs(3), 1, "sent nothing for 1 s, where a first token was due; see --server-timeout"),
            (hangs(3, after="---"), 1, "sent nothing for 0.1 s, where the next token was due"),
            (keeps_alive(3), 1, "sent nothing for 1 s, where a first token was due"),
            (lambda x: x.whole(200, "{}", "application/json"), 1, "the server's answer has no choices"),
        ],
        ids=[
            "429", "429 for long", "500", "400", "403", "404", "cut", "torn", "wrong JSON", "a list", "nothing in it",
            "wrong choices", "wrong text", "error", "HTML", "redirect", "huge line", "endless", "endless thoughts",
            "hangs", "hangs later", "keeps alive", "empty object",
        ],
    )  # fmt: skip
    def test_is_an_error_that_says_what(self, ask: Ask, repo: Repo, fault: Reply, n_asked: int, seen: str) -> None:
        asking = ask([fault])
        result = asking("-y", "--server-timeout", "1", "fix add")
        assert seen in result.err
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert len(asking.server.chats) == n_asked
        assert not repo.run("status", "--porcelain")

    def test_a_prompt_that_is_too_long_for_the_server(self, ask: Ask) -> None:
        said = "request (9030 tokens) exceeds the available context size (4096 tokens), try increasing it"
        result = ask([fails(400, said)])("fix add")
        assert result.code == ExitCode.CONTEXT_TOO_LARGE
        assert "exceeds the available context size (4096 tokens)" in result.err
        assert "--attention memory" in result.err

    def test_nobody_there(self, cli: Cli) -> None:
        with OpenAiServer().running() as server:
            url = server.url
        result = cli("fix add", "--base-url", url, real_models=True)
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert f"{url} cannot be reached" in result.err
        assert "is the server running?" in result.err

    @pytest.mark.parametrize(
        ("url", "seen"),
        [
            ("ftp://127.0.0.1/v1", "is none for HTTP"),
            ("127.0.0.1:8080", "is none for HTTP"),
            ("http://me:hunter2@127.0.0.1/v1", "put the key into MAGICODE_API_KEY instead"),
            ("http://127.0.0.1/v1?key=hunter2", "no '?'"),
            ("http://127.0.0.1:99999/v1", "cannot be read"),
        ],
    )
    def test_an_address_that_is_none(self, cli: Cli, url: str, seen: str) -> None:
        result = cli("fix add", "--base-url", url, real_models=True)
        assert result.code == ExitCode.USAGE
        assert seen in " ".join(result.err.split())
        assert "hunter2" not in result.err

    def test_a_server_that_does_not_say_its_context(self, ask: Ask) -> None:
        asking = ask([says(FENCED)])
        asking.server.context = None
        result = asking("--dry-run", "fix add")
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "say it with --context-limit TOKENS" in result.err
        assert asking("--dry-run", "fix add", "--context-limit", "8000").code == 0

    def test_a_server_that_a_repository_brings_along(self, ask: Ask, repo: Repo) -> None:
        server = ask([says(FENCED)]).server
        repo.write({".magicode.toml": (f'base-url = "{server.url}"\n'.encode(), 0o644)})
        result = ask([]).cli("fix add", real_models=True)
        assert result.code == ExitCode.REFUSED
        assert "not trusted" in result.err
        assert not server.asked

    def test_a_listing_that_hangs(self, ask: Ask) -> None:
        asking = ask([])
        asking.server.get = {"/v1/models": hangs(3)}
        result = asking("--server-timeout", "1", "fix add")
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "sent nothing for 1 s" in result.err

    def test_several_models_and_none_named(self, ask: Ask) -> None:
        asking = ask([says(FENCED)])
        asking.server.listing = {"data": [{"id": "a", "max_model_len": 9000}, {"id": "b", "max_model_len": 8000}]}
        result = asking("--dry-run", "fix add")
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "has several models; choose one with --model: a, b" in result.err
        assert asking("--dry-run", "-m", "b", "fix add").code == 0
        assert asking.server.chats[0].body["model"] == "b"


class TestOddButRight:
    @pytest.mark.parametrize(
        "reply",
        [
            unstreamed(FENCED),
            says(FENCED, done=False),
            says(f"<think>--- a/calc.py?</think>\n{FENCED}"),
            sends(chunk(reasoning_content="hm"), chunk(FENCED, "stop")),
            sends({"choices": [{"delta": {"content": [{"type": "text", "text": FENCED}]}, "finish_reason": "stop"}]}),
        ],
        ids=["whole", "no DONE", "thinks aloud", "thinks apart", "in parts"],
    )
    def test_is_taken(self, ask: Ask, repo: Repo, reply: Reply) -> None:
        result = ask([reply])("-y", "fix add")
        assert result.code == 0, result.err
        assert (repo.root / "calc.py").read_bytes() == FIXED


class TestRepositoriesBeyondTheWindow:
    def test_the_working_set_is_chosen_here(self, ask: Ask, repo: Repo) -> None:
        words = "".join(f"def unrelated_{i}():\n    return {i}\n\n\n" for i in range(2_000))
        repo.write({"big.py": (words.encode(), 0o644)})
        repo.commit()
        asking = ask([says(FENCED)])
        asking.server.context = 8_192
        result = asking("-y", "--working-set", "1000", "the function add in calc.py subtracts: it must add")
        assert result.code == 0, result.err
        assert "Looking at" in result.err
        assert (repo.root / "calc.py").read_bytes() == FIXED
        system = asking.server.chats[0].body["messages"][0]["content"]
        assert "def add(a, b):" in system
        assert 1_000 < len(system) < 12_000


class TestManyTasks:
    def test_tasks_are_answered_side_by_side_within_the_connections(self, ask: Ask, repo: Repo, tmp_path: Path) -> None:
        def slowly(exchange: Exchange) -> None:
            time.sleep(0.2)
            says(FENCED)(exchange)

        repo.owned()
        asking = ask([slowly])
        tasks = tmp_path / "tasks.jsonl"
        tasks.write_text("".join(f'{{"task": "fix add {i}"}}\n' for i in range(4)))
        result = asking("batch", str(tasks), "--jobs", "4", "-n", "2", "--connections", "3", "-m", "big-model")
        assert result.code == 0, result.err
        assert repo.run("branch", "--list", "magicode/*").count(b"\n") == 4
        assert len(asking.server.chats) == 8
        assert 2 <= asking.server.n_at_once <= 3

    def test_a_model_is_named(self, ask: Ask, tmp_path: Path) -> None:
        tasks = tmp_path / "tasks.jsonl"
        tasks.write_text('{"task": "fix add"}\n')
        result = ask([])("batch", str(tasks))
        assert result.code == ExitCode.USAGE
        assert "name one of the server's models" in result.err


class TestStopping:
    @pytest.mark.parametrize("after", ["", "---"], ids=["before the first token", "between tokens"])
    def test_ctrl_c_ends_it_at_once(self, ask: Ask, after: str) -> None:
        def is_interrupted(exchange: Exchange) -> None:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            hangs(5, after)(exchange)

        started = time.monotonic()
        result = ask([is_interrupted])("fix add")
        assert result.code == ExitCode.INTERRUPTED
        assert result.err.endswith("magicode: interrupted; nothing was changed")
        assert time.monotonic() - started < 4


class TestServersThatAreFound:
    def test_are_offered(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        with _running_as_ollama() as server:
            monkeypatch.setattr("model.endpoint.discovery.PORTS", {server.port: "Ollama"})
            shown = cli("models", "list", real_models=True).out.decode()
        assert f"magicode --base-url {server.url} -m qwen2.5-coder:7b " in shown
        assert f"{server.url:<28}  Ollama        qwen2.5-coder:7b, llama3.2:3b\n" in shown


@contextmanager
def _running_as_ollama() -> Iterator[OpenAiServer]:
    names = ("qwen2.5-coder:7b", "llama3.2:3b")
    listing = {"object": "list", "data": [{"id": name, "owned_by": "library"} for name in names]}
    with OpenAiServer(listing=listing).running() as server:
        yield server
