"""The language model: weights, memory, decoding. The only home of torch; it knows nothing of git."""
