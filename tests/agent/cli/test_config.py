"""Settings: what counts, what is refused, and what a repository may not say before it is trusted."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.cli.app import app
from agent.cli.settings import _HARMLESS, settings_of
from agent.errors import ExitCode
from tests.agent.cli.diffs import FILES, FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo
from tests.fakes.person import person


@pytest.fixture
def user(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config/config.toml"


@pytest.fixture
def ours(repo: Repo) -> Path:
    return repo.root / ".magicode.toml"


def listed(cli: Cli, *args: str) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in json.loads(cli("config", *args, "--json").out)}


class TestPrecedence:
    def test_flag_variable_repository_user_default(self, cli: Cli, user: Path, ours: Path) -> None:
        def seed(*flags: str) -> int:
            cli(*flags, "fix", answers=[FIX])
            return cli.model.samplings[0].seed

        def origin() -> tuple[Any, Any]:
            row = listed(cli)["seed"]
            return row["origin"], row["where"]

        assert (seed(), *origin()) == (0, "default", None)
        user.write_text("usage = true\nseed = 1\n")
        assert (seed(), *origin()) == (1, "user", f"{user}:2")
        ours.write_text("seed = 2\n")
        assert (seed(), *origin()) == (2, "repository", f"{ours}:1")
        cli.monkeypatch.setenv("MAGICODE_SEED", "3")
        assert (seed(), *origin()) == (3, "environment", "MAGICODE_SEED")
        assert seed("--seed", "4") == 4

    def test_the_repository_is_that_of_cd(self, cli: Cli, ours: Path, repo: Repo, tmp_path: Path) -> None:
        ours.write_text("seed = 2\n")
        cli.monkeypatch.chdir(tmp_path)
        for place in (repo.root, repo.root / "docs"):
            cli("fix", "--cd", place, answers=[FIX])
            assert cli.model.samplings[0].seed == 2
        assert listed(cli, "-C", str(repo.root / "docs"))["seed"]["value"] == 2

    def test_every_kind_of_value(self, cli: Cli, user: Path) -> None:
        user.write_text(
            'exclude = ["*.md"]\nbudget = "5000-tokens"\ntemperature = 1\nattention = "dense"\nusage = true\n'
        )
        result = cli("fix", answers=[FIX])
        assert "new tokens" in result.err
        assert len(cli.model.memories[0].texts) == 1
        assert cli.model.samplings[0].temperature == 1.0
        cli.monkeypatch.setenv("MAGICODE_EXCLUDE", "*.py *.toml")
        cli.monkeypatch.setenv("MAGICODE_USAGE", "0")
        result = cli("--max-repairs", "0", "fix", answers=[FIX])
        assert "docs/use.md" in cli.model.memories[0].texts[0]
        assert "new tokens" not in result.err

    def test_batch_and_context_are_configured_too(self, cli: Cli, user: Path, tmp_path: Path) -> None:
        user.write_text('seed = 7\nexclude = ["*.md"]\nworking-set = 300\n')
        assert "docs/" not in cli("context", "--json").out.decode().partition('"skipped"')[0]
        (tmp_path / "tasks.yaml").write_text("tasks: [{task: fix}]\n")
        cli("batch", tmp_path / "tasks.yaml", "--dry-run", answers=[FIX])
        assert cli.model.samplings[0].seed == 7


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("usage = true\nattemps = 3\n", ":2: unknown setting 'attemps'; did you mean 'attempts'?"),
            ("test_cmd = 'x'\n", "did you mean 'test-cmd'?"),
            ("[run]\nseed = 1\n", ":1: unknown setting 'run'"),
            ("yes = true\n", ":1: unknown setting 'yes'"),
            ("seed = '1'\n", ":1: seed must be a whole number, not '1'"),
            ("seed = true\n", "must be a whole number"),
            ("usage = 1\n", "must be true or false"),
            ("model = 5\n", "must be a text"),
            ("exclude = '*.md'\n", "must be a list, each a text"),
            ("temperature = -1\n", ":1: temperature: "),
            ("attention = 'some'\n", ":1: attention: "),
            ("budget = '10x'\n", ":1: budget: '10x' is no limit"),
        ],
    )
    def test_each_is_named_with_file_and_line(self, cli: Cli, user: Path, ours: Path, text: str, said: str) -> None:
        for path in (user, ours):
            path.write_text(text)
            result = cli("fix", answers=[FIX])
            assert result.code == ExitCode.USAGE
            assert f"magicode: {path}:" in result.err
            assert said in result.err
            path.unlink()
        assert cli.model.queries == []

    def test_commands_that_take_no_setting_go_on(self, cli: Cli, user: Path) -> None:
        cli("-y", "fix", answers=[FIX])
        user.write_text("nonsense = 1\n")
        assert cli("run", "--help").code == cli("undo").code == cli("sessions").code == 0

    def test_a_variable_with_a_wrong_value_is_a_usage_error(self, cli: Cli) -> None:
        cli.monkeypatch.setenv("MAGICODE_ATTEMPTS", "many")
        assert cli("fix").code == ExitCode.USAGE


class TestChanging:
    def test_set_get_unset(self, cli: Cli, user: Path, ours: Path) -> None:
        for key, values, shown in [
            ("attempts", ["3"], "3\n"),
            ("usage", ["true"], "true\n"),
            ("temperature", ["0.5"], "0.5\n"),
            ("exclude", ["*.md", "a b"], "*.md\na b\n"),
            ("test-cmd", ["pytest -q"], "pytest -q\n"),
        ]:
            assert cli("config", "set", key, *values).code == 0
            assert cli("config", "get", key).out.decode() == shown
        assert listed(cli)["attempts"] == {
            "key": "attempts", "value": 3, "origin": "user", "where": f"{user}:1", "trusted": True,
        }  # fmt: skip
        assert cli("config", "unset", "test-cmd").code == 0
        assert cli("config", "get", "test-cmd").out == b""
        assert cli("config", "unset", "test-cmd").code == ExitCode.USAGE
        assert not ours.exists()

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (("attemps", "3"), "did you mean 'attempts'?"),
            (("attempts", "0"), "attempts: "),
            (("attempts", "x"), "must be a whole number"),
            (("usage", "maybe"), "must be true or false"),
            (("model", "a", "b"), "one value"),
        ],
    )
    def test_what_cannot_be_set(self, cli: Cli, user: Path, args: tuple[str, ...], said: str) -> None:
        result = cli("config", "set", *args)
        assert (result.code, user.exists()) == (ExitCode.USAGE, False)
        assert said in result.err

    def test_an_unknown_key_can_be_taken_out(self, cli: Cli, ours: Path) -> None:
        ours.write_text("# mine\nattemps = 3\nseed = 1\n")
        assert cli("config", "unset", "--local", "attemps").code == 0
        assert ours.read_text() == "# mine\nseed = 1\n"

    def test_the_list_is_toml_that_says_where_each_comes_from(self, cli: Cli, ours: Path) -> None:
        ours.write_text("seed = 2\ntest-cmd = 'x \\u001b[2J'\n".replace("'", '"'))
        out = cli("config").out.decode()
        assert f"# {ours}:1\n" in out
        assert f"# {ours}:2, not trusted: see `magicode config trust`\n" in out
        assert "\x1b" not in out


class TestTrust:
    @pytest.mark.parametrize(
        "text",
        [
            "test-cmd = 'touch pwned'",
            "no-sandbox = true",
            "model = './weights'",
            "review = 'none'",
            "include = ['.env']",
        ],
    )
    def test_off_a_terminal_what_a_repository_sets_is_refused(
        self, cli: Cli, ours: Path, repo: Repo, text: str
    ) -> None:
        ours.write_text(text)
        result = cli("-y", "fix", answers=[FIX])
        assert result.code == ExitCode.REFUSED
        assert f"{ours}:1 sets {text.partition(' ')[0]} = " in result.err
        assert "magicode config trust" in result.err
        assert (cli.model.queries, (repo.root / "pwned").exists()) == ([], False)
        assert cli("undo").code == ExitCode.NO_CHANGE  # it takes no settings

    def test_what_is_given_by_hand_needs_no_trust(self, cli: Cli, ours: Path) -> None:
        ours.write_text("test-cmd = 'false'\n")
        assert cli("-y", "--test-cmd", "", "fix", answers=[FIX]).code == 0
        cli("undo")
        cli.monkeypatch.setenv("MAGICODE_TEST_CMD", "true")
        assert cli("-y", "--no-sandbox", "fix", answers=[FIX]).code == 0

    def test_harmless_settings_and_models_of_the_catalogue_are_taken(self, cli: Cli, ours: Path) -> None:
        ours.write_text("seed = 5\nmodel = 'qwen2.5-coder-0.5b'\n")
        assert cli("fix", answers=[FIX]).code == 0

    def test_trusted_once_it_counts_until_it_is_changed(self, cli: Cli, ours: Path) -> None:
        assert "nothing that needs your trust" in cli("config", "trust").err
        ours.write_text("test-cmd = 'true'\nno-sandbox = true\n")
        result = cli("config", "trust")
        assert "test-cmd = 'true'" in result.err
        assert cli("-y", "fix", answers=[FIX]).code == 0
        ours.write_text("test-cmd = 'false'\nno-sandbox = true\n")
        assert cli("-y", "fix", answers=[FIX]).code == ExitCode.REFUSED

    def test_what_the_user_sets_here_is_trusted_unless_there_is_more(self, cli: Cli, ours: Path) -> None:
        assert cli("config", "set", "--local", "test-cmd", "true").code == 0
        assert listed(cli)["test-cmd"]["trusted"] is True
        ours.write_text("test-cmd = 'false'\n")
        cli("config", "set", "--local", "seed", "3")
        assert listed(cli)["test-cmd"]["trusted"] is False

    @pytest.mark.parametrize(("key", "code"), [("y", 0), ("n", 9)])
    def test_on_a_terminal_it_is_asked_once(self, repo: Repo, tmp_path: Path, ours: Path, key: str, code: int) -> None:
        ours.write_text("review = 'none'\ntest-cmd = 'true'\nno-sandbox = true\n")
        repo.commit()
        with person(repo.root, tmp_path / "script", [FIX], "fix") as somebody:
            somebody.waits_for("Do you trust it [y/n]? ")
            assert "test-cmd = 'true'" in somebody.shown
            somebody.presses(key)
            assert somebody.leaves() == code
        assert somebody.shown.count("Do you trust it") == 1
        if code == 0:
            repo.run("checkout", "-q", ".")
            with person(repo.root, tmp_path / "script", [FIX], "fix") as somebody:
                assert somebody.leaves() == 0
            assert "Do you trust it" not in somebody.shown
        else:
            assert repo.files()["calc.py"] == FILES["calc.py"]


def test_all_that_is_called_harmless_is_a_setting() -> None:
    command = typer.main.get_command(app)
    with command.make_context("magicode", ["models"], resilient_parsing=True) as ctx:
        settings = settings_of(ctx)
    assert settings.keys() > _HARMLESS
    assert {"test-cmd", "model", "no-sandbox", "include", "review", "allow-dirty"} <= settings.keys() - _HARMLESS
