"""The weights that come with the program, and the record of their training."""

import json
from importlib.resources import files

import torch
from safetensors.torch import load

from model.errors import WeightsError
from model.ltm.network import LtmConfig, LtmNetwork

NAME = "ltm-hashhop"


def load_network(device: torch.device) -> LtmNetwork:
    """Return the trained network in float32.

    Raises:
        WeightsError: the weights did not come with the program.

    """
    directory = files("model.ltm")
    try:
        record = json.loads(directory.joinpath(f"{NAME}.json").read_text())
        tensors = load(directory.joinpath(f"{NAME}.safetensors").read_bytes())
    except FileNotFoundError as error:
        raise WeightsError(f"the weights of {NAME} are not there; run `python -m tools.train_hashhop`") from error
    network = LtmNetwork(LtmConfig(**record["config"]))
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.to(device).eval()
