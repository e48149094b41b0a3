"""What can go wrong."""


class QuoinError(Exception):
    """Base of all errors of this toolkit."""


class CrowdedError(QuoinError):
    """Two motes want the same place, or a mote does not fit where it was perched."""


class UnfoundError(QuoinError):
    """The finger looks for a mote, or reaches for a place, and nothing is there."""
