"""The network on an NVIDIA GPU: Triton kernels, CUDA graphs, and attempts that share the pages of their prompt."""
