import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent.cli.app import main
from agent.cli.cells import table_of
from agent.cli.services import Services
from agent.errors import ExitCode
from model.errors import UnknownModelError
from model.hashhop.plan import Plan
from model.hashhop.protocols import Reader
from model.hashhop.readers import Opening, open_reader
from tests.fakes.cli import Result
from tests.fakes.hash_readers import OracleReader, RandomReader


class HashHopCli:
    """Calls `magicode hashhop`; `opened` is what models were asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]) -> None:
        self.opened: list[tuple[str, Opening]] = []
        self.readers: dict[str, Reader] = {"ltm-hashhop": OracleReader(), "small": OracleReader(1_000)}
        self._capture = capture

    def _open(self, name: str, opening: Opening) -> Reader:
        self.opened.append((name, opening))
        return self.readers.get(name, RandomReader())

    def __call__(self, *args: str | Path) -> Result:
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["hashhop", *map(str, args)], Services(None, self._open))  # type: ignore[arg-type]
        out, err = self._capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, out, err.decode())


@pytest.fixture
def hashhop(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> HashHopCli:
    monkeypatch.chdir(tmp_path)  # no repository is needed
    return HashHopCli(monkeypatch, capsysbinary)


def test_without_a_model_the_one_that_was_trained_for_it_runs_and_that_is_said(hashhop: HashHopCli) -> None:
    result = hashhop("--tokens", "5000", "--queries", "5", "--hops", "1,3")
    assert result.code == ExitCode.DONE
    assert [name for name, _ in hashhop.opened] == ["ltm-hashhop"]
    assert "Model: oracle\n" in result.err
    rows = [line for line in result.out.decode().splitlines() if "100% of 5" in line]
    assert len(rows) == 2
    assert all("56.6 to 100.0%" in row for row in rows)


@pytest.mark.parametrize(("width", "n_columns"), [(200, 11), (100, 7), (80, 6)])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_figures(width: int, n_columns: int) -> None:
    results = list(Plan((20_000,), (1, 6), n_queries=20).results(OracleReader(), lambda _step: None))
    table = table_of(results, width)
    assert len(table.columns) == n_columns
    printed = io.StringIO()
    Console(file=printed, width=width).print(table)
    assert "…" not in printed.getvalue()
    assert printed.getvalue().count("83.9 to 100.0%") == 2


def test_json_holds_the_cells_and_all_that_they_depend_on(hashhop: HashHopCli) -> None:
    args = ("--tokens", "5K,20K", "--hops", "1-2", "--queries", "4", "--hash-length", "8", "--seed", "3", "--direct")
    result = hashhop(*args, "--output-format", "json", "-m", "other")
    told: dict[str, Any] = json.loads(result.out)
    assert (told["hash_length"], told["seed"], told["is_reference"]) == (8, 3, False)
    assert [(cell["tokens"], cell["hops"], cell["mode"]) for cell in told["cells"]] == [
        (5_000, 1, "direct"), (5_000, 2, "direct"), (20_000, 1, "direct"), (20_000, 2, "direct"),
    ]  # fmt: skip
    assert {(cell["model"], cell["right"], cell["n"]) for cell in told["cells"]} == {("random", 0, 4)}


def test_the_references_layout(hashhop: HashHopCli) -> None:
    result = hashhop("--tokens", "5K", "--queries", "4", "--layout", "reference", "--output-format", "json")
    assert [cell["right"] for cell in json.loads(result.out)["cells"]] == [4] * 6
    assert hashhop.readers["ltm-hashhop"].n_read == 6  # type: ignore[attr-defined]


def test_a_picture(hashhop: HashHopCli, tmp_path: Path) -> None:
    result = hashhop("--tokens", "5K", "--queries", "3", "--picture", "map.svg")
    assert result.code == ExitCode.DONE
    assert (tmp_path / "map.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--tokens", "many"), "'many' is no size; write 100000, 100K or 1M"),
        (("--tokens", "0"), "'0' is no size"),
        (("--tokens", "-5"), "'-5' is no size"),
        (("--tokens", "1K,"), "'' is no size"),
        (("--hops", "7"), "write numbers from 1 to 6"),
        (("--hops", "3-1"), "write numbers from 1 to 6"),
        (("--hops", "0-2"), "write numbers from 1 to 6"),
        (("--hops", ""), "write numbers from 1 to 6"),
        (("--queries", "0"), "--queries"),
        (("--hash-length", "0"), "--hash-length"),
        (("--picture", "map.png"), "map.png is no .svg file"),
        (("--picture", "nowhere/map.svg"), "is no .svg file in an existing directory"),
        (("--attention", "memory"), "ltm-hashhop reads prompts in its own way"),
        (("--tokens", "100"), "100 characters are too few"),
        (("--hash-length", "1"), "letters: ask for longer hashes or fewer tokens"),
    ],
)
def test_what_cannot_be_is_a_usage_error(hashhop: HashHopCli, args: tuple[str, ...], said: str) -> None:
    result = hashhop(*args)
    assert result.code == ExitCode.USAGE
    assert said in " ".join(result.err.replace("│", " ").split())
    assert result.out == b""


def test_what_was_measured_before_an_interrupt_is_shown(hashhop: HashHopCli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(OracleReader):
        def read(self, *args: Any) -> Any:
            if self.n_read:
                raise KeyboardInterrupt
            return super().read(*args)

    hashhop.readers["ltm-hashhop"] = Stopped()
    result = hashhop("--tokens", "5K,10K", "--queries", "3", "--hops", "2", "--picture", "map.svg")
    assert result.code == ExitCode.INTERRUPTED
    assert result.out.decode().count("100% of 3") == 1
    assert Path("map.svg").exists()


def test_a_model_that_this_build_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model.ltm", None)
    with pytest.raises(UnknownModelError, match=r"lacks model\.ltm\.reader; name another model with -m"):
        open_reader("ltm-hashhop", Opening(lambda _step: None))


def test_a_weaker_task(hashhop: HashHopCli) -> None:
    result = hashhop(
        "--task", "needle-code", "--tokens", "3K", "--queries", "2", "--output-format", "json", "-m", "other"
    )
    told = json.loads(result.out)
    assert told["task"] == "needle-code"
    assert [(cell["right"], cell["n"], cell["task"]) for cell in told["cells"]] == [(0, 2, "needle-code")]
    assert (
        "0.0 to 65.8%"
        in hashhop("--task", "needle-code", "--tokens", "3K", "--queries", "2", "-m", "other").out.decode()
    )


@pytest.mark.parametrize("option", [("--hops", "2"), ("--direct",), ("--hash-length", "16"), ("--layout", "mixed")])
def test_a_weaker_task_has_no_hashes(hashhop: HashHopCli, option: tuple[str, ...]) -> None:
    result = hashhop("--task", "needle", *option)
    assert result.code == ExitCode.USAGE
    assert "needle has no hashes" in result.err


def test_a_prompt_beyond_the_window_is_not_even_made(hashhop: HashHopCli) -> None:
    result = hashhop("-m", "small", "--tokens", "100M", "--queries", "3")
    assert result.code == ExitCode.CONTEXT_TOO_LARGE
    assert "does not fit oracle, whose window leaves 1,000: ask for fewer" in result.err
    assert hashhop.readers["small"].n_read == 0  # type: ignore[attr-defined]
