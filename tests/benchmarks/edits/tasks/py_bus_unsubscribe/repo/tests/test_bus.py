import unittest

from bus import EventBus
from dashboard import Dashboard
from sensors import Sensor


class BusTest(unittest.TestCase):
    def test_publish(self):
        bus = EventBus()
        seen = []
        bus.subscribe("a", seen.append)
        bus.subscribe("a", lambda event: seen.append(-event))
        self.assertEqual(bus.publish("a", 1), 2)
        self.assertEqual(bus.publish("b", 2), 0)
        self.assertEqual(seen, [1, -1])
        self.assertEqual(bus.topics(), ["a"])

    def test_end_of_a_subscription(self):
        bus = EventBus()
        seen = []
        end = bus.subscribe("a", seen.append)
        bus.subscribe("a", lambda event: end())
        bus.subscribe("a", lambda event: seen.append(-event))
        bus.publish("a", 1)
        bus.publish("a", 2)
        self.assertEqual(seen, [1, -1, -2])


class DashboardTest(unittest.TestCase):
    def test_lines(self):
        bus = EventBus()
        dashboard = Dashboard(bus)
        kitchen = Sensor(bus, "kitchen", "temperature")
        self.assertTrue(kitchen.measure(21))
        self.assertFalse(kitchen.measure(21))
        Sensor(bus, "bath", "humidity").measure(70)
        self.assertEqual(dashboard.lines(), ["bath: ? C, 70 %", "kitchen: 21 C, ? %"])
        self.assertEqual(dashboard.updates, 2)

    def test_close(self):
        bus = EventBus()
        dashboard = Dashboard(bus)
        dashboard.close()
        self.assertEqual(bus.publish("temperature", ("kitchen", 21)), 0)
        self.assertEqual(bus.publish("humidity", ("kitchen", 40)), 0)
        self.assertEqual(dashboard.updates, 0)
