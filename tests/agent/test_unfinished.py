"""Jobs that were interrupted are kept as they were, with the user's state."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.unfinished import Round, Unfinished, UnfinishedStore
from model.api import Completion
from repo_index.history import Turn

ANSWER = Completion("diff \ud800", "stop", 10, 5, 4, 0.5, 1.5, -0.25)
ASKED = (Turn("user", "fix", datetime(2026, 1, 2, tzinfo=UTC)),)
ROUNDS = (Round(ASKED, (ANSWER,)), Round(ASKED * 2, (ANSWER, ANSWER), "diff", (1.0, 2.0)))
UNFINISHED = Unfinished({"task": "fix", "attempts": 2}, None, ROUNDS)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    store = UnfinishedStore(tmp_path)
    job_id = store.new_id()
    store.keep(job_id, UNFINISHED)
    assert UnfinishedStore(tmp_path).get(job_id) == UNFINISHED
    assert store.list() == [(job_id, "fix")]
    assert UnfinishedStore(tmp_path / "other").get(job_id) is None
    store.forget(job_id)
    assert (store.get(job_id), store.list()) == (None, [])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"asked": {}, "session": null, "rounds": [{"said": []}]}'])
def test_what_is_damaged_is_said(tmp_path: Path, text: str) -> None:
    store = UnfinishedStore(tmp_path)
    job_id = store.new_id()
    store.keep(job_id, UNFINISHED)
    [path] = (tmp_path / "state/unfinished").rglob("*.json")
    path.write_text(text)
    with pytest.raises(ConfigError, match="give the task anew"):
        store.get(job_id)
    assert store.list() == []


def test_an_id_is_no_path(tmp_path: Path) -> None:
    assert UnfinishedStore(tmp_path).get("../../secret") is None


def test_nothing_is_left_of_a_repository_without_any(tmp_path: Path) -> None:
    store = UnfinishedStore(tmp_path)
    job_id = store.new_id()
    store.keep(job_id, UNFINISHED)
    store.forget(job_id)
    store.forget(job_id)
    assert list((tmp_path / "state/unfinished").iterdir()) == []
