"""What a request on a repository of any size costs."""
