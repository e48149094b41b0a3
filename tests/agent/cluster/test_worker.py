"""A worker on its machine: its room on the disk, and what it says of errors."""

import pickle
from pathlib import Path

import pytest

from agent.cluster.worker import Worker, portable
from agent.errors import FailingTestsError, PlacementError
from model.errors import RefusedError, UnknownModelError
from repo_index.errors import ContextTooLargeError
from tests.fakes.scripted_model import ScriptedModel


def open_model(name: str) -> ScriptedModel:
    if name != "scripted":
        raise UnknownModelError(name)
    return ScriptedModel([])


def test_workers_on_one_machine_do_not_share_room_and_sweep_what_others_left(tmp_path: Path) -> None:
    left = tmp_path / "workers/0/left"
    left.mkdir(parents=True)
    one, two = (Worker(open_model, ["scripted"], tmp_path) for _ in range(2))
    one.open()
    assert not left.exists()
    (tmp_path / "workers/0/mine").touch()
    two.open()
    assert (tmp_path / "workers/0/mine").exists()
    assert sorted(path.name for path in (tmp_path / "workers").iterdir()) == ["0", "0.lock", "1", "1.lock"]
    one.close()
    two.close()
    assert sorted(path.name for path in (tmp_path / "workers").iterdir()) == ["0.lock", "1.lock"]


def test_a_model_that_cannot_be_had_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError):
        Worker(open_model, ["other"], tmp_path).open()


def test_errors_travel_with_what_they_hold() -> None:
    refused = RefusedError("no", status=429, passes=True, retry_after_s=2.0)
    refused.add_note("noted")
    large = ContextTooLargeError("too large", n_tokens=7, limit=5)
    failing = FailingTestsError("failed", "output")
    nowhere = PlacementError("nowhere")
    nowhere.evidence = "line"
    for error in (refused, large, failing, nowhere):
        copy = pickle.loads(pickle.dumps(portable(error)))
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_an_error_that_cannot_travel_is_told() -> None:
    class HereError(Exception):
        pass

    told = portable(HereError("there is no such class elsewhere"))
    assert (type(told), str(told)) == (RuntimeError, "HereError: there is no such class elsewhere")
