"""Linear layers that read int8 weights when few rows come and bf16 weights when many do."""

import torch
from torch import nn
from torch.nn import functional

# Up to here a step is bound by reading weights, and int8 halves the bytes. Measured in model/LOG.md.
MAX_INT8_ROWS = 4
_ROWS_AT_ONCE = 1024  # three times as fast as 8192: what is worked on stays in the caches


class Int8Linear(nn.Module):
    """`nn.Linear` over the same weight, with a second copy in int8 for decoding.

    The int8 copy has one scale for each output row (symmetric, absolute maximum), read by core torch's packed kernel.
    Many rows (prefill) use the original weight, so only decode steps are approximate.
    """

    def __init__(self, linear: nn.Linear) -> None:
        """Share `linear`'s weight `(out_features, in_features)`, bf16 on CPU, and quantise a copy."""
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        out_features, in_features = linear.weight.shape
        self.int8 = torch.empty((out_features, in_features), dtype=torch.int8)
        self.scales = torch.empty(out_features, dtype=torch.bfloat16)
        for start in range(0, out_features, _ROWS_AT_ONCE):
            rows = linear.weight.data[start : start + _ROWS_AT_ONCE].float()
            scales = (rows.abs().amax(dim=1) / 127).clamp_(min=1e-12).bfloat16()
            self.scales[start : start + _ROWS_AT_ONCE] = scales
            quantised = rows.div_(scales.float()[:, None]).round_().clamp_(-127, 127)
            self.int8[start : start + _ROWS_AT_ONCE] = quantised.to(torch.int8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map `(..., in_features)` to `(..., out_features)`."""
        n_rows = x.numel() // x.shape[-1]
        if n_rows > MAX_INT8_ROWS:
            return functional.linear(x, self.weight, self.bias)
        out = torch._weight_int8pack_mm(x.reshape(n_rows, -1), self.int8, self.scales)  # noqa: SLF001
        out = out.view(*x.shape[:-1], -1)
        return out if self.bias is None else out + self.bias


def use_int8_for_decoding(model: nn.Module) -> None:
    """Replace every bf16 `nn.Linear` on the CPU inside `model`; the others stay as they are."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and child.weight.dtype == torch.bfloat16 and child.weight.device.type == "cpu":
                setattr(parent, name, Int8Linear(child))
