"""Batches on many machines: the same tasks, records and reports, done by workers of a Ray cluster."""
