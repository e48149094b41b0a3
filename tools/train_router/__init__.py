"""Trains the memory's router on what real commits edit."""
