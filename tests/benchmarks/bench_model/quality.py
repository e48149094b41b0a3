"""How far our kernels' answers are from the plain way's: transformers in float32 over the bf16 conversion.

`python -m tests.benchmarks.bench_model.quality --model NAME --bytes N` reads N bytes of the standard library in windows
of 512 tokens through both, and prints perplexities, KL divergence and how often both choose the same token, as JSON.
With `--device cuda` both run on the GPU, ours in bfloat16.
"""

import argparse
import json
import math
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from model.cuda.network import CudaNetwork, runs
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
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    plain = ModelStore(packed=False).prepare(options.model, lambda _: None)
    ours, kernels = (_on_gpu(plain), "triton") if options.device == "cuda" else _on_cpu(options.model)
    theirs = TransformersNetwork.load(plain, options.device, "float32").network
    text = "".join(text for _, text in islice(stdlib_files(), 100))[: options.bytes]
    ids = Tokenizer.from_directory(plain).encode(text)
    started, n, sums = time.perf_counter(), 0, np.zeros(4)
    for start in range(0, len(ids) - 1, _WINDOW_TOKENS):
        window = ids[start : start + _WINDOW_TOKENS]
        mine = torch.from_numpy(ours.feed([(ours.new_cache(), window)], [len(window)])).log_softmax(-1)[:-1]
        with torch.inference_mode():
            other = theirs(torch.tensor([window], device=theirs.device)).logits[0, :-1].cpu().log_softmax(-1)
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
        "kernels": kernels,
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


def _on_cpu(model: str) -> tuple[NativeNetwork, str]:
    packed = ModelStore(packed=True).prepare(model, lambda _: None)
    config, kernels = NetworkConfig.read(packed), Kernels.best()
    if config is None or kernels is None:
        raise SystemExit("this model does not run on our kernels here")
    return NativeNetwork.load(packed, config, kernels), kernels.name


def _on_gpu(plain: Path) -> CudaNetwork:
    config = NetworkConfig.read(plain)
    if config is None or not runs(config, torch.device("cuda")):
        raise SystemExit("this model does not run on our kernels here")
    return CudaNetwork.load(plain, config, "cuda", "bfloat16")


if __name__ == "__main__":
    main()
