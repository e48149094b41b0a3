"""Git and magicode as on a machine that nobody has configured."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_user_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("MAGICODE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MAGICODE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("MAGICODE_STATE_DIR", str(tmp_path / "state"))
    for name in ("MAGICODE_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
