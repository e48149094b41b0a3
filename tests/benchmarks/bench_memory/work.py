"""Multiplications and bytes for one decoded token: routing and attending, against dense attention over everything."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.memory.signals import NAMES

# The router reads each token's id once, looks its term up, and compares; what is scored behind that grows with the
# segments: about so many operations for each signal of each segment.
_ID_BYTES = 4
_OPERATIONS_A_TOKEN = 2
_SEGMENT_TOKENS = 50
_N_SIGNALS = len(NAMES)
_OPERATIONS_A_SEGMENT = _N_SIGNALS * (2 * 32 + 2) + 2 * 32 * 16 + 2 * 16 + _N_SIGNALS * 30


@dataclass(frozen=True, slots=True)
class Work:
    """What attention costs in one model, by its shape."""

    n_layers: int
    n_heads: int
    n_kv_heads: int
    head_dim: int

    @classmethod
    def of(cls, directory: Path) -> "Work":
        """Read a model's configuration."""
        config = json.loads((directory / "config.json").read_text())
        n_heads = config["num_attention_heads"]
        return cls(
            config["num_hidden_layers"], n_heads, config["num_key_value_heads"], config["hidden_size"] // n_heads
        )

    def attention_flops(self, n_tokens: int) -> float:
        """Return the operations of one token's attention over so many others: scores, and the weighted sum."""
        return 4.0 * self.n_layers * self.n_heads * self.head_dim * n_tokens

    def attention_bytes(self, n_tokens: int) -> float:
        """Return the bytes of keys and values that are read, in 16 bits each."""
        return 2.0 * 2 * self.n_layers * self.n_kv_heads * self.head_dim * n_tokens

    def compare(self, n_repository: int, n_attended: int, n_answer: int) -> dict[str, Any]:
        """Return both ways for one decoded token; the route is shared by the tokens of one answer."""
        n_segments = n_repository / _SEGMENT_TOKENS
        route_flops = _OPERATIONS_A_TOKEN * n_repository + _OPERATIONS_A_SEGMENT * n_segments
        route_bytes = _ID_BYTES * n_repository + 4 * _N_SIGNALS * n_segments
        flops = self.attention_flops(n_attended) + route_flops / n_answer
        n_bytes = self.attention_bytes(n_attended) + route_bytes / n_answer
        return {
            "flops": flops,
            "bytes": n_bytes,
            "dense_flops": self.attention_flops(n_repository),
            "dense_bytes": self.attention_bytes(n_repository),
            "flops_ratio": self.attention_flops(n_repository) / flops,
            "bytes_ratio": self.attention_bytes(n_repository) / n_bytes,
        }
