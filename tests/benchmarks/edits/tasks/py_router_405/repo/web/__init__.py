"""A tiny web framework."""
