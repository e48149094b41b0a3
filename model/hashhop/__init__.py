"""HashHop (Magic, 2024): how far a model follows chains of random hashes through a prompt of any size."""
