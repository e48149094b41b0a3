"""The one way to a local model by name; imports no torch."""

import sys
from pathlib import Path

from model.api import OnProgress
from model.local import LocalModel
from model.prefixes import PrefixStore
from model.store import ModelStore, resolve


def open_model(name_or_path: str, *, device: str, on_progress: OnProgress) -> LocalModel:
    """Return a model by catalogue name, directory or Hugging Face id, fetched and converted if need be.

    The network's weights are read later, by the first `remember`.

    Raises:
        UnknownModelError: nothing goes by that name.
        WeightsError: its files cannot be had, or are damaged.

    """
    packed = None if _runs_on_cpu(device) else False
    directory = resolve(name_or_path, ModelStore(packed=packed), on_progress)
    return LocalModel(name_or_path, directory, device=device, prefixes=PrefixStore())


def _runs_on_cpu(device: str) -> bool:
    """Tell whether that will be the CPU. torch, a second to import, is asked only where there may be something else."""
    if device != "auto":
        return device == "cpu"
    if sys.platform != "darwin" and not Path("/dev/nvidiactl").exists() and not Path("/dev/dxg").exists():
        return True
    from model.device import choose_device  # noqa: PLC0415

    return choose_device().type == "cpu"
