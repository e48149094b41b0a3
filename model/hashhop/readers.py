"""The models that take the evaluation, by name. A new one is a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from model.api import OnProgress
from model.errors import UnknownModelError
from model.hashhop.protocols import Reader

LTM_HASHHOP = "ltm-hashhop"
_RECURRENT = ".safetensors"
Attention = Literal["dense", "memory"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a model is opened with.

    Attributes:
        on_progress: hears of downloads and the like.
        device: auto, cpu, cuda or mps.
        attention: how a language model attends to the prompt.
        scratch: where it keeps what it tokenised; prompts of an evaluation have no place among a user's repositories.

    """

    on_progress: OnProgress
    device: str = "auto"
    attention: Attention = "dense"
    scratch: Path | None = None


def open_reader(name: str, opening: Opening) -> Reader:
    """Return a model by name: one that was trained for this, else a language model as `magicode run` knows them.

    The name of a `.safetensors` file is that of a recurrent network; `tools/train_recurrent` writes such files.

    Raises:
        UnknownModelError: nothing goes by that name, or this build lacks it.
        WeightsError: its files cannot be had, or are damaged.
        DeviceError: the device is not there.

    """
    if name.endswith(_RECURRENT):
        from model.hashhop.recurrent import RecurrentReader  # noqa: PLC0415 - torch

        return RecurrentReader(Path(name), opening.device)
    own = OWN.get(name)
    return own(opening) if own else _language_model(name, opening)


def is_trained_for_hashes(name: str) -> bool:
    """Tell whether a name is that of a model that has its own way to read a prompt."""
    return name in OWN or name.endswith(_RECURRENT)


def _own(module: str, name: str) -> Callable[[Opening], Reader]:
    """Return what imports a reader's module when it is wanted: each of them brings torch."""

    def open_(opening: Opening) -> Reader:
        if find_spec(module.rpartition(".")[0]) is None or find_spec(module) is None:
            raise UnknownModelError(f"this build of magicode lacks {module}; name another model with -m")
        from model.device import choose_device  # noqa: PLC0415 - torch

        reader: Reader = getattr(import_module(module), name)(device=str(choose_device(opening.device)))
        return reader

    return open_


OWN: Mapping[str, Callable[[Opening], Reader]] = {
    LTM_HASHHOP: _own("model.ltm.reader", "LtmReader"),
}


def _language_model(name: str, opening: Opening) -> Reader:
    from model.hashhop.language_model import LanguageModelReader  # noqa: PLC0415 - its libraries take a second
    from model.hashhop.routed import MemoryLook  # noqa: PLC0415
    from model.loading import open_model  # noqa: PLC0415

    model = open_model(
        name, device=opening.device, on_progress=opening.on_progress, memory_root=opening.scratch, keeps_prefixes=False
    )
    if opening.attention == "memory":
        return LanguageModelReader(model, look=MemoryLook(model), way="memory")
    return LanguageModelReader(model)
