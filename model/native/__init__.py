"""The CPU engine of our own: packed weights, kernels in C++, and the network over them."""
