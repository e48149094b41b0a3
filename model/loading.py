"""The one way to a local model by name; imports no torch."""

from pathlib import Path

from model.api import OnProgress
from model.disk import shares
from model.local import LocalModel
from model.platform import runs_on_cpu
from model.prefixes import PrefixStore
from model.store import ModelStore, resolve


def open_model(
    name_or_path: str,
    *,
    device: str,
    on_progress: OnProgress,
    memory_root: Path | None = None,
    keeps_prefixes: bool = True,
    cache_bytes: int | None = None,
) -> LocalModel:
    """Return a model by catalogue name, directory or Hugging Face id, fetched and converted if need be.

    The network's weights are read later, by the first `remember`. What is tokenised for the memory is kept below
    `memory_root`; without it, in the user's cache. What is encoded is kept there, unless `keeps_prefixes` is false.
    Both may take `cache_bytes` together, where that is given.

    Raises:
        UnknownModelError: nothing goes by that name.
        WeightsError: its files cannot be had, or are damaged.
        DeviceError: the device is not there.

    """
    packed = None if runs_on_cpu(device) else False
    directory = resolve(name_or_path, ModelStore(packed=packed), on_progress)
    for_prefixes, for_tokens = (None, None) if cache_bytes is None else shares(cache_bytes)
    return LocalModel(
        name_or_path,
        directory,
        device=device,
        prefixes=PrefixStore(max_bytes=for_prefixes) if keeps_prefixes else None,
        memory_root=memory_root,
        memory_bytes=for_tokens,
    )
