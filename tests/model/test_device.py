"""Devices and number types by name."""

import pytest
import torch

from model.device import choose_device, choose_dtype, matmul_flops
from model.errors import DeviceError

CPU = torch.device("cpu")


def test_auto_takes_what_is_there() -> None:
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto").type == choose_device().type == expected


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_an_error(name: str) -> None:
    with pytest.raises(DeviceError, match=r"cannot be used here .* try --device cpu"):
        choose_device(name)


def test_number_types_go_by_their_names() -> None:
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16
    with pytest.raises(DeviceError, match="dtype 'int4' is not known; use one of bfloat16, float16, float32"):
        choose_dtype("int4", CPU)


def test_a_device_multiplies_at_some_rate() -> None:
    assert 1e8 < matmul_flops(torch.device("cpu"), torch.float32) < 1e14
