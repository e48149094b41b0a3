"""Training of the tokenizer that counts and routes where the model's own is on a server."""
