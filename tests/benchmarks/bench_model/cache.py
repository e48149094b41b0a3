"""A cache of its own for what a run remembers of repositories, with the user's models in it."""

from pathlib import Path

from model.store import ModelStore


def own_cache(home: Path) -> dict[str, str]:
    """Return the environment under which magicode keeps everything but its models below `home`."""
    home.mkdir(parents=True, exist_ok=True)
    models = home / "models"
    if not models.is_symlink():
        models.symlink_to(ModelStore().root)
    return {"MAGICODE_CACHE_DIR": str(home)}
