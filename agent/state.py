"""Where magicode keeps what belongs to a user and not to a repository: answers given once."""

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """Return the folder, which need not exist; MAGICODE_STATE_DIR moves it."""
    moved = os.environ.get("MAGICODE_STATE_DIR")
    return Path(moved).expanduser().absolute() if moved else platformdirs.user_state_path("magicode")
