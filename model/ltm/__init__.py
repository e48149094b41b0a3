"""A small memory-sparse transformer of our own: it routes over all that it has read and attends to what it fetches."""
