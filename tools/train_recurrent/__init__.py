"""Trains networks with a fixed state on HashHop, to show where a fixed state fails."""
