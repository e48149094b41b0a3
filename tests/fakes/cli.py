"""The command line run as its user runs it, in a real repository, with a model that follows a script."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.cli.app import main
from agent.cli.services import Services
from agent.workspace import Workspace
from model.endpoint.discovery import Found
from tests.fakes.git_repo import Repo
from tests.fakes.scripted_model import Answer, ScriptedModel

ROOT = Path(__file__).parents[2]


def in_process(*command: str | Path, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Python on this tree's packages."""
    # buffered as by default: what is written last is lost or not at exit
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""} | options.pop("env", {})
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False, **options
    )


@dataclass(frozen=True)
class Result:
    code: int
    out: bytes
    err: str


@dataclass
class Cli:
    """Calls `magicode`. What the model is asked is kept in `model`, that of the latest call."""

    repo: Repo
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes]
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel(()))

    def __call__(
        self,
        *args: str | Path,
        answers: Sequence[Answer] = (),
        stdin: bytes = b"",
        context_limit: int = 32_768,
        real_models: bool = False,
    ) -> Result:
        self.model = ScriptedModel(answers, context_limit=context_limit)
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(
                [str(arg) for arg in args],
                None if real_models else Services(self._open_model, look_for_servers=self._look_for_servers),
            )
        out, err = self.capture.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Result(code, out, err.decode())

    def _open_model(self, name: str, **_: Any) -> ScriptedModel:
        return self.model

    @staticmethod
    def _look_for_servers() -> Callable[[], list[Found]]:
        return list

    @property
    def workspace(self) -> Workspace:
        return self.repo.workspace()
