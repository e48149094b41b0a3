"""The built wheel, in an environment that holds nothing but it and what it says it needs."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tests.agent.cli.diffs import FILES, FIX, FIXED
from tests.fakes.git_repo import Repo

ROOT = Path(__file__).parents[1]
_NOT_SHIPPED = {"model/LOG.md"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a command prints that must end well."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked(*paths: str) -> list[str]:
    return run("git", "ls-files", "-z", "--", *paths, cwd=ROOT).split("\0")[:-1]


def needed(requirements: list[str], seen: set[str]) -> Iterator[importlib.metadata.Distribution]:
    """Yield what these requirements lead to, as it is installed here, each once."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(requirement.name)
        found = importlib.metadata.distribution(requirement.name)
        assert found.version in requirement.specifier, text
        yield found
        yield from needed(found.requires or [], seen)


def link(distribution: importlib.metadata.Distribution, site: Path) -> None:
    """Make an installed distribution importable from another folder."""
    for file in distribution.files or ():
        top = file.parts[0]
        if top not in {"..", "__pycache__"} and not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *options, "-w", target, source, cwd=source)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def bin_(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment into which the wheel is installed."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    install = ("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel)
    run(sys.executable, "-m", "pip", "--python", home / "bin/python", *install, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    (metadata,) = site.glob("magicode-*.dist-info")
    requires = importlib.metadata.Distribution.at(metadata).requires or []
    for distribution in needed([text for text in requires if "extra ==" not in text], {"magicode"}):
        link(distribution, site)
    return home / "bin"


def test_it_holds_all_that_is_tracked_and_no_tests(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert names >= set(tracked("agent", "model", "repo_index", "magicode.py")) - _NOT_SHIPPED
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {
        "agent", "model", "repo_index", "magicode.py",
    }  # fmt: skip
    assert any(name.startswith("model/native/_kernels") for name in names), "the kernels were not compiled"


def test_it_starts(bin_: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    version = importlib.metadata.version("magicode")
    assert run(bin_ / "magicode", "--version", cwd=tmp_path, env=environment) == f"magicode {version}\n"
    assert "Commands:" in run(bin_ / "magicode", "--help", cwd=tmp_path, env=environment)
    assert "qwen2.5-coder-1.5b" in run(bin_ / "magicode", "models", "list", cwd=tmp_path, env=environment)
    missing = "import importlib.util as u; print(u.find_spec('hypothesis'), u.find_spec('pytest'))"
    assert run(bin_ / "python", "-c", missing, cwd=tmp_path, env=environment) == "None None\n"  # nothing else is there
    assert "kernels " in run(bin_ / "magicode", "doctor", cwd=tmp_path, env=environment)


def test_it_changes_a_repository(bin_: Path, tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo", FILES)
    fakes = tmp_path / "fakes/tests/fakes"
    fakes.mkdir(parents=True)
    for name in ("scripted_model.py", "scripted_cli.py"):
        (fakes / name).write_bytes((ROOT / "tests/fakes" / name).read_bytes())
    (tmp_path / "script").write_text(f'{{"answers": [{FIX!r}]}}'.replace("'", '"'))
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "fakes")}
    command = (bin_ / "python", fakes / "scripted_cli.py", tmp_path / "script")
    run(*command, "-y", "--no-sandbox", "--test-cmd", "true", "fix add", cwd=repo.root, env=environment)
    assert repo.files()["calc.py"][0] == FIXED
    where = run(bin_ / "python", "-c", "import agent; print(agent.__file__)", cwd=repo.root, env=environment)
    assert Path(where.strip()).is_relative_to(bin_.parent)
    run(bin_ / "magicode", "undo", cwd=repo.root, env=environment)
    assert repo.files() == FILES
