"""Shows what the sensors measure."""


class Dashboard:
    """The last temperature and humidity of each room."""

    def __init__(self, bus):
        self._temperatures = {}
        self._humidities = {}
        self._updates = 0
        bus.subscribe("temperature", self._on_temperature)
        bus.subscribe("humidity", self._on_humidity)

    def _on_temperature(self, event):
        room, value = event
        self._temperatures[room] = value
        self._updates += 1

    def _on_humidity(self, event):
        room, value = event
        self._humidities[room] = value
        self._updates += 1

    @property
    def updates(self):
        """How many events came in."""
        return self._updates

    def lines(self):
        """Return a line for each room, sorted."""
        lines = []
        for room in sorted(self._temperatures.keys() | self._humidities.keys()):
            temperature = self._temperatures.get(room, "?")
            humidity = self._humidities.get(room, "?")
            lines.append(f"{room}: {temperature} C, {humidity} %")
        return lines
