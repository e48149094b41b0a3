"""Linear layers in int8 against the weights that they were made from."""

import pytest
import torch
from torch import nn

from model.linear import MAX_INT8_ROWS, Int8Linear, use_int8_for_decoding


def linear_of(n_in: int, n_out: int, *, bias: bool) -> nn.Linear:
    torch.manual_seed(n_in + n_out)
    return nn.Linear(n_in, n_out, bias=bias, dtype=torch.bfloat16)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("n_in", "n_out"), [(64, 32), (896, 1100), (160, 2500)])
def test_few_rows_are_within_one_percent(n_in: int, n_out: int, bias: bool) -> None:  # noqa: FBT001
    """The error of a whole output vector, relative to its length; bf16 itself has about 0.3%."""
    linear = linear_of(n_in, n_out, bias=bias)
    fast = Int8Linear(linear)
    for n_rows in range(1, MAX_INT8_ROWS + 1):
        x = torch.randn(1, n_rows, n_in).bfloat16()
        exact = nn.functional.linear(x.float(), linear.weight.float(), linear.bias.float() if bias else None).detach()
        out = fast(x).detach()
        assert out.shape == exact.shape
        assert out.dtype == torch.bfloat16
        assert float((out.float() - exact).norm() / exact.norm()) < 0.01


def test_many_rows_are_exact() -> None:
    linear = linear_of(64, 32, bias=True)
    x = torch.randn(2, MAX_INT8_ROWS, 64).bfloat16()
    assert torch.equal(Int8Linear(linear)(x), linear(x))


def test_rows_of_any_size_are_quantised_to_their_own_scale() -> None:
    linear = linear_of(64, 4, bias=False)
    with torch.no_grad():
        linear.weight[0] = 0
        linear.weight[1] *= 1e6
        linear.weight[2] *= 1e-6
    x = torch.randn(1, 64).bfloat16()
    out, exact = Int8Linear(linear)(x).float()[0], linear(x).float()[0]
    size = (linear.weight.abs() @ x[0].abs()).float()  # of what is added up in each row
    assert out[0] == 0
    assert bool(((out - exact).abs()[1:] < 0.01 * size[1:]).all())


def test_only_bf16_layers_on_the_cpu_are_replaced() -> None:
    network = nn.Sequential(linear_of(8, 8, bias=True), nn.Linear(8, 8), nn.ModuleList([linear_of(8, 4, bias=False)]))
    weight = network[0].weight
    use_int8_for_decoding(network)
    assert isinstance(network[0], Int8Linear)
    assert network[0].weight is weight  # shared, not copied
    assert type(network[1]) is nn.Linear
    assert isinstance(network[2][0], Int8Linear)
