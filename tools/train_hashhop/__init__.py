"""Trains the model of HashHop."""
