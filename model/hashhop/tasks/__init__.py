"""Weaker evaluations beside HashHop, made here and downloaded nowhere: what a model passes that fails at hashes."""
