"""What every command has in common: how it is found, how it fails, how soon it answers."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from agent.cli.sections import SECTION_OF
from agent.errors import AgentError, ExitCode, exit_code_of
from model.api import Query
from model.errors import ModelError
from repo_index.errors import RepoError
from tests.agent.cli.diffs import FILES, FIX, FIXED
from tests.fakes.cli import ROOT, Cli, in_process
from tests.fakes.git_repo import Repo


class TestDefaultCommand:
    @pytest.mark.parametrize(
        "args",
        [
            ("fix add",),
            ("run", "fix add"),
            ("--dry-run", "fix add"),
            ("fix add", "--dry-run"),
            ("-C", ".", "fix add"),
            ("--cd=.", "--dry-run", "fix add"),
            ("--seed", "3", "-y", "--dry-run", "fix add"),
            ("--", "fix add"),
        ],
    )
    def test_a_task_is_a_command(self, cli: Cli, args: tuple[str, ...]) -> None:
        result = cli(*args, answers=[FIX])
        assert (result.code, cli.model.queries[0].task) == (0, "fix add")
        assert result.out.startswith(b"diff --git ")

    @pytest.mark.parametrize("args", [("run", "undo"), ("--", "undo"), ("run", "--dry-run", "undo")])
    def test_a_task_may_be_named_like_a_command(self, cli: Cli, args: tuple[str, ...]) -> None:
        cli(*args, answers=[FIX])
        assert cli.model.queries[0].task == "undo"

    def test_options_may_stand_before_the_command_as_with_git(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        cli("-y", "fix", answers=[FIX])
        cli.monkeypatch.chdir(tmp_path)
        assert cli("-C", repo.root, "undo").code == 0
        assert repo.files() == FILES
        assert cli("-C", repo.root / "docs", "-y", "run", "undo", answers=[FIX]).code == 0
        assert repo.files()["calc.py"][0] == FIXED

    @pytest.mark.parametrize(("typo", "command"), [("udno", "undo"), ("contxt", "context"), ("modles", "models")])
    def test_a_typo_is_refused(self, cli: Cli, typo: str, command: str) -> None:
        for args in ((typo,), ("-C", ".", typo)):
            result = cli(*args)
            assert result.code == ExitCode.USAGE
            assert f"Did you mean '{command}'?" in result.err
        assert cli.model.queries == []

    def test_an_unknown_option_is_refused(self, cli: Cli) -> None:
        for args in (("--dyr-run", "fix"), ("fix", "--nope"), ("--nope",)):
            assert cli(*args).code == ExitCode.USAGE

    def test_without_a_task(self, cli: Cli) -> None:
        assert cli("--dry-run").code == ExitCode.USAGE
        result = cli()
        assert "Commands:" in result.out.decode() + result.err


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [
            "",
            "run",
            "apply",
            "undo",
            "context",
            "diff",
            "sessions",
            "sessions show",
            "sessions rm",
            "config",
            "doctor",
            "config get",
            "config set",
            "config unset",
            "config trust",
            "models",
            "models list",
            "models pull",
            "models path",
            "models rm",
        ],
    )
    def test_every_command_explains_itself(self, cli: Cli, command: str) -> None:
        for flag in ("--help", "-h"):
            result = cli(*command.split(), flag)
            assert result.code == 0
            out = result.out.decode()
            assert out.startswith(f"Usage: magicode {command}".rstrip())
            assert "<class" not in out
            assert all(len(line) <= 80 for line in out.splitlines())

    def test_each_option_of_a_section_is_one_of_run_and_shown_there_once(self, cli: Cli) -> None:
        blocks = cli("run", "--help").out.decode().split("\n\n")
        shown = {name: body for name, _, body in (block.partition(":\n") for block in blocks)}
        for option, section in SECTION_OF.items():
            assert re.search(rf"^  (-\w, )?{option}\b", shown[section], re.MULTILINE), option
            assert sum(len(re.findall(rf"^  (?:-\w, )?{option}\b", body, re.MULTILINE)) for body in blocks) == 1, option

    def test_version(self, cli: Cli) -> None:
        assert cli("--version").out.decode() == f"magicode {version('magicode')}\n"


class TestErrors:
    def test_a_bug_is_a_sentence_and_a_traceback_only_on_request(self, cli: Cli, repo: Repo) -> None:
        def bug(_: Query) -> str:
            raise ZeroDivisionError("one / zero \x1b[2J")

        result = cli("-y", "fix", answers=[bug])
        assert (result.code, repo.files()) == (ExitCode.UNEXPECTED, FILES)
        assert "magicode: unexpected error: ZeroDivisionError: one / zero ␛[2J\n" in result.err
        assert "report it" in result.err
        assert "Traceback" not in result.err
        cli.monkeypatch.setenv("MAGICODE_DEBUG", "1")
        assert "Traceback (most recent call last):" in cli("-y", "fix", answers=[bug]).err

    def test_what_the_system_refuses_is_no_bug_of_ours(self, cli: Cli) -> None:
        def full(_: Query) -> str:
            raise OSError(28, "No space left on device")

        result = cli("fix", answers=[full])
        assert (result.code, "report it" in result.err) == (ExitCode.UNEXPECTED, False)
        assert result.err.endswith("magicode: the system refuses: OSError: [Errno 28] No space left on device\n")

    @pytest.mark.parametrize(
        "args", [("context",), ("context", "--json"), ("--dry-run", "fix"), ("--help",), ("models", "list")]
    )
    def test_a_reader_that_goes_away_is_met_with_silence(
        self, repo: Repo, tmp_path: Path, args: tuple[str, ...]
    ) -> None:
        script = (
            "import os, sys\n"
            "reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1)\n"
            "from agent.cli.app import main; from agent.cli.services import Services;"
            "from tests.fakes.scripted_model import ScriptedModel\n"
            "main(sys.argv[2:], Services(lambda *_, **__: ScriptedModel([sys.argv[1]])))"
        )
        done = in_process("-c", script, FIX, *args, cwd=repo.root)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr
        assert "magicode:" not in done.stderr

    def test_every_exit_code_is_that_of_some_error(self) -> None:
        def kinds(kind: type[BaseException]) -> set[type[BaseException]]:
            return {kind, *(below for child in kind.__subclasses__() for below in kinds(child))}

        ours = kinds(AgentError) | kinds(ModelError) | kinds(RepoError) | {KeyboardInterrupt}
        reached = {exit_code_of(kind.__new__(kind)) for kind in ours}
        assert reached == set(ExitCode) - {ExitCode.DONE}


class TestStart:
    @pytest.mark.parametrize(
        "work", ["import agent", "import agent.cli.app", "import magicode", "sys.argv[1:] = ['--help']; main()"]
    )
    def test_nothing_heavy_is_imported_before_it_is_needed(self, tmp_path: Path, work: str) -> None:
        script = (
            "import sys\n"
            "def main():\n"
            "    import magicode\n"
            "    try: magicode.main()\n"
            "    except SystemExit: pass\n"
            f"{work}\n"
            "heavy = {'torch', 'transformers', 'tokenizers', 'numpy', 'gguf', 'huggingface_hub', 'jinja2', 'git'}\n"
            "heavy |= {'tomlkit', 'yaml'}\n"
            "print('\\n' + ' '.join(sorted(heavy & sys.modules.keys())))"
        )
        done = in_process("-c", script, cwd=tmp_path)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "")

    def test_help_imports_nothing_slow(self, tmp_path: Path) -> None:
        """Which is why it answers in a third of a second; seconds are for benchmarks, since machines are noisy."""
        slow = {"torch", "transformers", "tokenizers", "numpy", "gguf", "safetensors", "huggingface_hub"}
        code = (
            "import sys, magicode\nsys.argv = ['magicode', '--help']\ntry:\n    magicode.main()\n"
            f"except SystemExit:\n    pass\nprint('slow:', sorted({slow!r} & set(sys.modules)))"
        )
        done = in_process("-c", code, cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1] == "slow: []"

    @pytest.mark.parametrize("name", ["agent", "model", "repo_index"])
    def test_a_package_that_shadows_ours_is_named(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('I was imported')\n")
        path = f"{tmp_path}:{ROOT}"
        done = in_process("-c", "import magicode; magicode.main()", cwd=tmp_path, env={"PYTHONPATH": path})
        assert done.returncode == 1
        assert f"its package {name!r} in {ROOT} is shadowed by {tmp_path / name / '__init__.py'}" in done.stderr
        assert "unset PYTHONPATH" in done.stderr

    def test_a_plain_folder_of_that_name_does_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / "agent").mkdir()
        done = in_process("-m", "magicode", "--help", cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_polite_kill_is_an_interrupt(self, repo: Repo) -> None:
        script = (
            "import os, signal, sys, magicode\n"
            "from agent.cli import sessions\n"
            "sessions.SessionStore.list = lambda _: os.kill(os.getpid(), signal.SIGTERM)\n"
            "sys.argv[1:] = ['sessions']; magicode.main()"
        )
        done = in_process("-c", script, cwd=repo.root)
        assert (done.returncode, done.stderr) == (130, "magicode: interrupted; nothing was changed\n")

    def test_an_interrupt_while_it_starts_is_one_too(self, tmp_path: Path) -> None:
        script = (
            "import sys, types, magicode\n"
            "class Stop(types.ModuleType):\n"
            "    def __getattr__(self, name): raise KeyboardInterrupt\n"
            "import agent.cli\n"
            "sys.modules['agent.cli.app'] = Stop('agent.cli.app')\n"
            "magicode.main()"
        )
        done = in_process("-c", script, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (130, "magicode: interrupted; nothing was changed\n")
