"""A repository of any size as memory: its tokens kept on disk, all of them routed over, a few of them attended to."""
