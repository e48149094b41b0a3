"""What it costs to write, counted: the memory's way beside dense attention of the same network."""

from dataclasses import dataclass

from model.ltm.memory import N_FETCHED
from model.ltm.network import LtmConfig


@dataclass(frozen=True, slots=True)
class Attending:
    """What the passes for one run of bytes looked at.

    Attributes:
        n_products: keys and centres that queries were multiplied with, over all passes.
        n_values: values that were added up, over all passes.
        n_bytes: bytes that each byte of the run was read from.
        n_written: bytes of the run.

    """

    n_products: int
    n_values: int
    n_bytes: int
    n_written: int

    def flops_a_token(self, config: LtmConfig) -> float:
        """Return multiplications and additions for a byte, the layers that both ways share left out."""
        routing = 2 * config.key_width * self.n_products
        values = 2 * config.width * self.n_values
        reading = 2 * config.byte_width * self.n_bytes * self.n_written
        return (routing + values + reading) / self.n_written


def of_memory(config: LtmConfig, n_products: int, patch_bytes: float, n_written: int) -> Attending:
    """Return what the memory looked at: it counts the products itself, and fetches the same number in each pass."""
    return Attending(n_products, N_FETCHED * config.n_passes, round(N_FETCHED * patch_bytes), n_written)


def of_dense(config: LtmConfig, n_patches: int, n_tokens: int, n_written: int) -> Attending:
    """Return what dense attention would look at: all patches in each pass, then all bytes."""
    n_passes = config.n_passes
    return Attending(n_patches * (n_passes + 1), n_patches * n_passes, n_tokens, n_written)
