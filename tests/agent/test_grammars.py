"""Grammars run in a process of their own, which a text may end without any harm."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from agent.grammars import LANGUAGES, Fault, Reading, _Reader, read
from agent.syntax import check_syntax

NESTED_YAML = "- " * 25_000  # overruns a buffer in the grammar's own code
UNCLOSED_TAGS = b"<a " * 17_000  # keeps the grammar of C# busy for minutes


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_an_empty_text_is_right(language: str) -> None:
    assert read(language, "") == Reading(())


def test_a_fault_is_a_row_and_a_column_in_bytes() -> None:
    (fault,) = read("javascript", "let a;\nlet ä = = 2;\n").faults
    assert fault == Fault(1, 7, "syntax error")
    assert read("json", "[1").faults == (Fault(0, 2, "missing ]"),)


def test_a_text_that_ends_the_process_is_a_failure_and_the_next_one_is_read() -> None:
    nested = read("yaml", NESTED_YAML)
    assert nested.failure in (None, "the yaml grammar broke down over it")  # it may be mended one day
    assert read("yaml", "a: [1, 2]\n") == Reading(())


def test_a_process_that_is_gone_is_started_again() -> None:
    reader = _Reader()
    assert reader.read("json", b"[]") == Reading(())
    assert reader._process is not None
    reader._process.kill()
    reader._process.wait()
    assert reader.read("json", b"[1]") == Reading(())


def test_a_text_that_ends_the_process_by_itself_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [sys.executable, "-c", "import sys; sys.stdin.buffer.readline()"]
    monkeypatch.setattr(
        "agent.grammars._start", lambda _: subprocess.Popen(ends, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )
    reader = _Reader()
    for _ in range(2):
        assert reader.read("json", b"[1]") == Reading((), "the json grammar broke down over it")
    monkeypatch.undo()
    assert reader.read("json", b"[2]") == Reading(())


def test_work_without_end_is_ended_by_the_kernel() -> None:
    reader = _Reader(limit_s=0.2)
    assert reader.read("csharp", UNCLOSED_TAGS) == Reading((), "the csharp grammar had not read it after 0.2 s")
    assert reader.read("csharp", b"class A {}") == Reading(())


def test_an_interrupt_leaves_no_answer_for_the_next_text(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = _Reader()
    assert reader.read("json", b"[]") == Reading(())
    with monkeypatch.context() as patched:
        patched.setattr("agent.grammars._ask", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            reader.read("json", b"[")
    assert reader.read("json", b"[]") == Reading(())


def _interrupted(*_: object) -> bytes:
    raise KeyboardInterrupt


def test_a_fork_has_a_process_of_its_own() -> None:
    read("json", "[]")
    child = os.fork()
    if child == 0:
        os._exit(read("json", "[1").faults != (Fault(0, 2, "missing ]"),))
    assert os.waitpid(child, 0)[1] == 0
    assert read("json", "[3]") == Reading(())


def test_what_a_grammar_cannot_read_breaks_a_file_that_it_could_read() -> None:
    path = PurePosixPath("f.json")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("agent.grammars.read", lambda _, text: Reading((), "gone" if "{" in text else None))
        (finding,) = check_syntax("json", "[]", "{}", path=path)
        assert str(finding) == "f.json:1:1: gone: {}"
        assert check_syntax("json", "{", "{}", path=path) == ()
        assert check_syntax("json", "{", "[]", path=path) == ()
    assert signal.getsignal(signal.SIGPROF) is signal.SIG_DFL


@pytest.mark.parametrize("seed", range(4))
def test_a_text_reads_the_same_whatever_was_read_before_it(seed: int) -> None:
    draw = random.Random(seed)
    source = Path(random.__file__).read_text(encoding="utf-8")[: 4_000 * (seed + 1)]
    one_after_another = _Reader()
    for _ in range(25):
        start = draw.randrange(len(source))
        end = min(len(source), start + draw.choice((0, 0, 1, 5, 200)))
        text = (
            source[:start]
            + draw.choice(("", "x", "(", ")", "\n", "é = [1]\n", '"""', "def f():\n    pass\n"))
            + source[end:]
        )
        assert one_after_another.read("python", text.encode()) == _Reader().read("python", text.encode())
        source = draw.choice((source, text))
