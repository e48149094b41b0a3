"""Many tasks, each on a branch of its own, unattended and resumable."""
