"""Make the memory's table of words that mean nearly the same: `python -m tools.train_router.related`.

A model's embedding puts tokens close together that stand in the same places: forms of one word, its name in other
languages, what is often said instead. For each word of its vocabulary the nearest others go into
`model/memory/related.npz`, beside which a record is written. Takes minutes on two cores; train the router after it.
"""

import argparse
import datetime as dt
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console

import model.memory
from model.memory.index import Floats, Offsets
from model.memory.lexicon import Lexicon
from model.memory.related import SEPARATOR, TABLE
from model.native.kernels import Kernels
from model.native.weights import PACKED, PackedWeights
from model.store import ModelStore, resolve
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary

_MOST = 16  # of one word
# Cosines: from where on words are near; and where nearness begins to count from 0.
_NEAR, _FROM = 0.4, 0.32
_ROWS = 1_024


def main() -> int:
    """Make the table, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_router.related", description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="one that was fetched and runs on our kernels")
    options = parser.parse_args()
    console, started = Console(), time.monotonic()
    directory = resolve(options.model, ModelStore(), lambda _progress: None)
    tokenizer = Tokenizer.from_directory(directory)
    lexicon = Lexicon.of(Vocabulary.from_definition(tokenizer.definition))
    near, nearness = _nearest(_directions(_embedding(directory), lexicon), console)
    kept = nearness > 0
    np.savez_compressed(
        Path(model.memory.__file__).parent / TABLE,
        words=np.frombuffer(SEPARATOR.join(lexicon.words).encode(), dtype=np.uint8),
        counts=kept.sum(1).astype(np.uint8),
        others=near[kept].astype(np.int32),
        nearness=nearness[kept],
    )
    record = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "seconds": round(time.monotonic() - started),
        "model": options.model,
        "tokenizer": tokenizer.identity,
        "words": lexicon.n_terms,
        "pairs": int(kept.sum()),
        "most": _MOST,
        "cosine": {"near": _NEAR, "from": _FROM},
    }
    (Path(model.memory.__file__).parent / "related.json").write_text(json.dumps(record, indent=1) + "\n")
    console.print(record)
    return 0


def _embedding(directory: Path) -> Floats:
    """Return what the model has for each token, `(tokens, hidden)`."""
    kernels = Kernels.best()
    if kernels is None or not (directory / PACKED).exists():
        raise SystemExit(f"{directory} does not run on our kernels here")
    matrix = PackedWeights.from_file(directory / PACKED).matrices["model.embed_tokens.weight"]
    embedding = np.empty((matrix.n_rows, matrix.n_columns), dtype=np.float32)
    kernels.rows(matrix.weights(), np.arange(matrix.n_rows, dtype=np.int32), embedding)
    return embedding


def _directions(embedding: Floats, lexicon: Lexicon) -> Floats:
    """Return for each term the direction of its tokens, seen from the middle of all, `(terms, hidden)`."""
    tokens = _of_length_one(embedding[: len(lexicon.of_token)] - embedding.mean(0))
    terms = np.zeros((lexicon.n_terms, embedding.shape[1]), dtype=np.float32)
    np.add.at(terms, lexicon.of_token, tokens)
    terms[0] = 0  # tokens that say nothing are near no word
    return _of_length_one(terms)


def _of_length_one(vectors: Floats) -> Floats:
    return (vectors / np.maximum(1e-6, np.linalg.norm(vectors, axis=1, keepdims=True))).astype(np.float32)


def _nearest(terms: Floats, console: Console) -> tuple[Offsets, npt.NDArray[np.uint8]]:
    """Return the nearest terms of each, the nearest first, and how near they are, 0 to 255; both `(terms, most)`."""
    every = torch.from_numpy(terms)
    near, nearness = [], []
    for start in range(0, len(every), _ROWS):
        cosines = every[start : start + _ROWS] @ every.T
        own = torch.arange(len(cosines))
        cosines[own, start + own] = -1
        best = cosines.topk(_MOST)
        found = torch.where(best.values < _NEAR, 0, (best.values - _FROM) / (1 - _FROM))
        near.append(best.indices.numpy())
        nearness.append((found * 255).round().clamp(max=254).numpy().astype(np.uint8))  # 255 would be the term itself
        console.print(f"  {start + len(own):,} of {len(terms):,} words", highlight=False)
    return np.concatenate(near), np.concatenate(nearness)


if __name__ == "__main__":
    raise SystemExit(main())
