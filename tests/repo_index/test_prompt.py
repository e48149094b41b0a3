import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from repo_index.errors import ContextTooLargeError, StaleSnapshotError
from repo_index.history import Turn
from repo_index.intake import take_snapshot
from repo_index.prompt import Prompt, build_prompt

_AT = datetime(2026, 1, 2, tzinfo=UTC)
_ADVICE = (
    "Let the model look at the part that the task needs with --attention memory, leave files out with "
    "--exclude PATTERN or .magicodeignore, or choose a model with a longer context with --model."
)
_EXPECTED = Path(__file__).with_name("expected_prompt.txt")


class _Characters:
    """A tokenizer whose tokens are characters."""

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        return len(system) + sum(len(turn.text) for turn in turns) + len(task)


def _prompt(repo: Any, *, limit: int = 1_000_000) -> Prompt:
    turns = (Turn("user", "Greet people.", _AT), Turn("assistant", "--- a/app.py", _AT))
    prompt = build_prompt(take_snapshot(repo.git, len), turns, "Greet by name.", _Characters())
    prompt.check_fits(limit)
    return prompt


def _text(prompt: Prompt) -> str:
    """Return the prompt as a model reads it, chat frame apart."""
    documents = "".join(document.read() for document in prompt.documents)
    turns = "".join(f"<{turn.role}>\n{turn.text}\n" for turn in prompt.turns)
    return f"<system>\n{prompt.system}{documents}{turns}<task>\n{prompt.task}\n"


def test_the_whole_prompt(repo: Any) -> None:
    """What the model is told changes on purpose only: `UPDATE_SNAPSHOTS=1 pytest` writes the file anew."""
    repo.write("AGENTS.md", "Use British spelling; a `$price` and a ```fence``` stay as they are.\n")
    repo.write("app.py", "def greet():\r\n    print('hello')")
    repo.write("docs/guide.md", "Run:\n```\napp\n```\n")
    repo.write("web/empty.css", "")
    text = _text(_prompt(repo))
    if os.environ.get("UPDATE_SNAPSHOTS"):
        _EXPECTED.write_text(text, encoding="utf-8")
    assert text == _EXPECTED.read_text(encoding="utf-8")


def test_all_tokens_are_counted(repo: Any) -> None:
    repo.write("AGENTS.md", "Be brief.\n")
    repo.write("a.py", "a\r\nb")
    repo.write("```", "``` $x ${y}\n")
    prompt = _prompt(repo)
    assert all(document.n_tokens == len(document.read()) for document in prompt.documents)
    frame = _Characters().count_frame(prompt.system, prompt.turns, prompt.task)
    assert prompt.n_frame_tokens == frame
    assert prompt.n_tokens == frame + sum(len(document.read()) for document in prompt.documents)


def test_the_instructions_are_shown_once_and_stay_a_known_file(repo: Any) -> None:
    repo.write("AGENTS.md", "Be brief.\n")
    repo.write("docs/AGENTS.md", "Deeper.\n")
    prompt = _prompt(repo)
    assert "## The project's own instructions\n\n### AGENTS.md\n```markdown\nBe brief.\n```\n" in prompt.system
    assert [str(document.path) for document in prompt.documents] == ["docs/AGENTS.md"]
    assert [str(file.path) for file in take_snapshot(repo.git, len).files] == ["AGENTS.md", "docs/AGENTS.md"]


def test_without_instructions_there_is_no_heading_for_them(repo: Any) -> None:
    assert "own instructions" not in _prompt(repo).system


def test_equal_texts_at_two_paths_are_two_documents(repo: Any) -> None:
    for name in ("a/__init__.py", "b/__init__.py"):
        repo.write(name, "")
    left, right = _prompt(repo).documents
    assert left.read() != right.read()
    assert left.blob != right.blob


def test_a_document_keeps_its_name_until_its_text_changes(repo: Any) -> None:
    repo.write("a.py", "x\n")
    before = _prompt(repo).documents
    assert _prompt(repo).documents == before
    repo.write("a.py", "y\n")
    (after,) = _prompt(repo).documents
    assert after.blob != before[0].blob
    with pytest.raises(StaleSnapshotError):
        before[0].read()


def test_a_prompt_that_just_fits_is_built(repo: Any) -> None:
    repo.write("a.py")
    n_tokens = _prompt(repo).n_tokens
    assert _prompt(repo, limit=n_tokens).n_tokens == n_tokens
    with pytest.raises(ContextTooLargeError) as caught:
        _prompt(repo, limit=n_tokens - 1)
    assert (caught.value.n_tokens, caught.value.limit) == (n_tokens, n_tokens - 1)


def test_a_prompt_that_is_too_large_says_what_takes_the_room_and_what_to_do(repo: Any) -> None:
    for name, size in {"data/a.json": 900_000, "src/big.py": 50_000, "src/small.py": 10, "README.md": 9_000}.items():
        repo.write(name, "x" * size + "\n")
    prompt = _prompt(repo)
    n_tokens = {str(document.path): document.n_tokens for document in prompt.documents}
    readme, data = n_tokens["README.md"], n_tokens["data/a.json"]
    big, small = n_tokens["src/big.py"], n_tokens["src/small.py"]
    with pytest.raises(ContextTooLargeError) as caught:
        _prompt(repo, limit=30_000)
    assert str(caught.value).splitlines() == [
        f"the prompt has {prompt.n_tokens:,} tokens, {prompt.n_tokens - 30_000:,} more than the 30,000 that fit:",
        f"  {readme + data + big + small:>12,}  in 4 files",
        f"  {prompt.n_frame_tokens:>12,}  in instructions, chat and task",
        "Most of it is in:",
        f"  {data:>12,}   94%  data/a.json",
        f"  {big + small:>12,}    5%  src/",
        f"  {readme:>12,}    1%  README.md",
        _ADVICE,
    ]


def test_a_chat_alone_can_be_too_large(repo: Any) -> None:
    with pytest.raises(ContextTooLargeError, match="0  in 0 files"):
        _prompt(repo, limit=10)
