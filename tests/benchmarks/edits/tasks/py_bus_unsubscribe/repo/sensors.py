"""Things that measure."""


class Sensor:
    """Publishes what it measures, but only what is new."""

    def __init__(self, bus, room, kind):
        self._bus = bus
        self.room = room
        self.kind = kind
        self._last = None

    def measure(self, value):
        """Take a value, and publish it if it differs from the last one."""
        if value == self._last:
            return False
        self._last = value
        self._bus.publish(self.kind, (self.room, value))
        return True
