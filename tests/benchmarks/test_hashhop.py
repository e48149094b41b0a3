"""The rankings in the memory's place, and a benchmark that goes on where it stopped."""

import json
import sys
from pathlib import Path

import pytest

from model.hashhop.layout import Layout
from model.hashhop.measure import CHAIN_OF_THOUGHT, DIRECT
from model.hashhop.plan import Plan
from model.hashhop.problem import HashHop
from model.hashhop.readers import Opening
from model.local import LocalModel
from tests.benchmarks import sources
from tests.benchmarks.bench_hashhop import __main__ as bench
from tests.benchmarks.bench_hashhop.arms import Arm, arms
from tests.benchmarks.bench_hashhop.ranked import RANKINGS, RankedLook
from tests.fakes.hash_readers import OracleReader, RandomReader
from tests.fakes.repositories import CORPUS
from tests.fakes.tiny_model import save_tiny_model

PLAN = Plan((5_000, 10_000), (1, 2), (CHAIN_OF_THOUGHT, DIRECT), 8)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    return LocalModel("tiny", save_tiny_model(tmp_path_factory.mktemp("tiny") / "model", corpus=CORPUS))


@pytest.mark.parametrize("ranking", RANKINGS)
def test_the_line_that_begins_with_a_hash_is_in_view_and_not_much_else(model: LocalModel, ranking: str) -> None:
    problem = HashHop.of_chars(40_000, Layout.mixed(6), 12, seed=2)
    looked = RankedLook(model, ranking)("".join(problem.pieces()), lambda _n: None)
    for item in problem.items(2, 5, chain_of_thought=True):
        lines = looked.view(item.question.start).splitlines()
        assert f"{item.question.start} = {item.parts[0]}" == lines[-1]
        assert model.count_tokens("\n".join(lines)) <= 512
    assert looked.n_bytes > problem.n_chars


def test_page_rank_finds_the_chain_by_its_start_and_bm25_its_first_line(model: LocalModel) -> None:
    problem = HashHop.of_chars(40_000, Layout.mixed(6), 12, seed=2)
    text = "".join(problem.pieces())
    views = {ranking: RankedLook(model, ranking)(text, lambda _n: None).view for ranking in RANKINGS}
    chains = [[item.question.start, *item.parts] for item in problem.items(3, 10, chain_of_thought=True)]
    found = {
        ranking: [[f"{hash_} = " in view(chain[0]) for hash_ in chain[:-1]] for chain in chains]
        for ranking, view in views.items()
    }
    assert found["mixpr"] == [[True, True, True]] * 10
    assert all(first for first, _, _ in found["bm25"])
    assert sum(last for _, _, last in found["bm25"]) < 3  # by chance, among the lines that fill the room


def test_a_stopped_run_goes_on_and_what_others_measured_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def oracle(_opening: Opening) -> OracleReader:
        opened.append("oracle")
        return OracleReader()

    fakes = {
        "oracle": Arm(oracle, (PLAN,), (PLAN,), ("model/hashhop",)),
        "random": Arm(lambda _opening: RandomReader(), (PLAN,), (PLAN,), ("model/hashhop",)),
    }
    monkeypatch.setattr(sources, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "arms", lambda _seed: fakes)

    def run(*args: str) -> list[dict[str, object]]:
        monkeypatch.setattr(sys, "argv", ["bench-hashhop", *args])
        assert bench.main() == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        cells: list[dict[str, object]] = told["cells"]
        return cells

    first = run("--arms", "oracle")
    assert [cell["right"] for cell in first] == [8] * 8
    assert run("--arms", "oracle") == first
    assert run("--arms", "oracle", "--full") == first
    assert opened == ["oracle"]
    assert [cell["right"] for cell in run("--arms", "random", "--full")] == [0] * 8
    kept = json.loads((tmp_path / "bench_hashhop.json").read_text())
    assert [cell["model"] for cell in kept["cells"]] == ["oracle"] * 8 + ["random"] * 8
    assert (tmp_path / "bench_hashhop.svg").read_text().count("<title>") == 16
    assert not list((tmp_path / "unfinished").glob("*.jsonl"))


def test_a_model_that_is_not_here_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sources, "RESULTS", tmp_path)
    monkeypatch.setattr(
        sys, "argv", ["bench-hashhop", "--arms", "qwen2.5-coder-1.5b", "--recurrent", "none.safetensors"]
    )
    assert bench.main() == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["cells"], list(told["missing"])) == ([], ["none.safetensors"])


def test_the_full_form_asks_what_was_promised() -> None:
    cells = [cell for plan in arms(0)["ltm-hashhop"].full for cell in plan.cells()]
    assert {(cell.tokens, cell.n) for cell in cells} == {
        (100_000, 1_000), (1_000_000, 1_000), (10_000_000, 200), (100_000_000, 200),
    }  # fmt: skip
    assert len(cells) == 4 * 6 * 2
