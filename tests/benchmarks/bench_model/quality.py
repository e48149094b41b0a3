"""How far our kernels' answers are from the plain way's: transformers in float32 over the bf16 conversion.

`python -m tests.benchmarks.bench_model.quality --model NAME --bytes N` reads N bytes of the standard library in windows
of 512 tokens through both, and prints perplexities, KL divergence and how often both choose the same token, as JSON.
"""

import argparse
import json
import math
import time
from itertools import islice

import numpy as np
import torch

from model.native.kernels import Kernels
from model.native.network import NativeNetwork, NetworkConfig
from model.store import ModelStore
from model.tokenizer import Tokenizer
from model.transformers_network import TransformersNetwork
from tests.benchmarks.bench_model.corpus import stdlib_files

_WINDOW_TOKENS = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--bytes", type=int, default=100_000)
    options = parser.parse_args()
    packed = ModelStore(packed=True).prepare(options.model, lambda _: None)
    plain = ModelStore(packed=False).prepare(options.model, lambda _: None)
    config, kernels = NetworkConfig.read(packed), Kernels.best()
    if config is None or kernels is None:
        raise SystemExit("this model does not run on our kernels here")
    ours = NativeNetwork.load(packed, config, kernels)
    theirs = TransformersNetwork.load(plain, "cpu", "float32").network
    text = "".join(text for _, text in islice(stdlib_files(), 100))[: options.bytes]
    ids = Tokenizer.from_directory(packed).encode(text)
    started, n, sums = time.perf_counter(), 0, np.zeros(4)
    for start in range(0, len(ids) - 1, _WINDOW_TOKENS):
        window = ids[start : start + _WINDOW_TOKENS]
        mine = torch.from_numpy(ours.feed([(ours.new_cache(), window)], [len(window)])).log_softmax(-1)[:-1]
        with torch.inference_mode():
            other = theirs(torch.tensor([window])).logits[0, :-1].log_softmax(-1)
        rows, targets = torch.arange(len(window) - 1), torch.tensor(window[1:])
        sums += [
            -float(mine[rows, targets].sum()),
            -float(other[rows, targets].sum()),
            float((other.exp() * (other - mine)).sum()),
            float((mine.argmax(-1) == other.argmax(-1)).sum()),
        ]
        n += len(window) - 1
    mean = sums / n
    figures = {
        "model": options.model,
        "kernels": kernels.name,
        "bytes": options.bytes,
        "tokens": n,
        "perplexity": round(math.exp(mean[0]), 4),
        "perplexity_plain": round(math.exp(mean[1]), 4),
        "difference": round(math.exp(mean[0] - mean[1]) - 1, 5),
        "kl": round(mean[2], 5),
        "same_choice": round(mean[3], 4),
        "seconds": round(time.perf_counter() - started),
    }
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
