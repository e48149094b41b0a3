"""What a model costs on paper: bytes to read and multiplications to do, counted in its GGUF file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from gguf import GGUFReader

_F16_BYTES = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts of one model. `file_bytes` are those that a decoded token must read: all but the embedding's table."""

    file_bytes: int
    n_matrix_weights: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    head_dim: int

    @classmethod
    def of(cls, gguf: Path) -> Self:
        """Count in the file; a head that is the embedding's table again (tied) is read like any other matrix."""
        reader = GGUFReader(gguf)
        names = {tensor.name for tensor in reader.tensors}
        tied = "output.weight" not in names
        read = [tensor for tensor in reader.tensors if tensor.name != "token_embd.weight" or tied]
        blocks = [t for t in reader.tensors if t.name.startswith("blk.") and t.name.endswith("weight")]
        matrices = [t for t in blocks if len(t.shape) == 2]

        def value(key: str) -> int:
            field = reader.get_field(f"qwen2.{key}")
            if field is None:
                raise ValueError(f"{gguf.name} does not say {key}")
            return int(field.contents())

        n_heads = value("attention.head_count")
        return cls(
            file_bytes=sum(int(t.n_bytes) for t in read),
            n_matrix_weights=sum(int(t.n_elements) for t in matrices),
            n_layers=value("block_count"),
            n_heads=n_heads,
            n_kv_heads=value("attention.head_count_kv"),
            head_dim=value("embedding_length") // n_heads,
        )

    @classmethod
    def cached(cls, gguf: Path, cache: Path) -> Self:
        """Return what an earlier run counted, or count and note it in `cache`: reading a file takes 20 s."""
        if cache.exists():
            return cls(**json.loads(cache.read_text()))
        shape = cls.of(gguf)
        cache.write_text(json.dumps(asdict(shape)))
        return shape

    @property
    def kv_bytes(self) -> int:
        """Bytes of keys and values of one token of context at 16 bits a number, as llama.cpp keeps them."""
        return 2 * _F16_BYTES * self.n_layers * self.n_kv_heads * self.head_dim

    def prefill_flops(self, n_tokens: int) -> float:
        """Operations to encode a prompt: each matrix for each token, and causal attention's half square.

        The output head, needed for one row, is left out.
        """
        attention = 2.0 * self.n_layers * self.n_heads * self.head_dim * n_tokens**2
        return 2.0 * self.n_matrix_weights * n_tokens + attention
