"""llama.cpp's own server as `xllamacpp` ships it: `llama_server.py GGUF PORT CONTEXT`. Runs until it is ended."""

import signal
import sys

import xllamacpp

if __name__ == "__main__":
    gguf, port, context = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.port = int(port)
    params.n_ctx = int(context)
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.verbosity = 0
    server = xllamacpp.Server(params)
    signal.pause()
