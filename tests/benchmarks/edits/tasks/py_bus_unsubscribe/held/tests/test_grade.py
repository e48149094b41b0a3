import unittest

from bus import EventBus
from dashboard import Dashboard
from sensors import Sensor


class BusTest(unittest.TestCase):
    def setUp(self):
        self.bus = EventBus()
        self.seen = []

    def test_end(self):
        end = self.bus.subscribe("a", self.seen.append)
        self.bus.publish("a", 1)
        end()
        self.assertEqual(self.bus.publish("a", 2), 0)
        self.assertEqual(self.seen, [1])
        self.assertEqual(self.bus.topics(), [])

    def test_end_twice(self):
        end = self.bus.subscribe("a", self.seen.append)
        self.bus.subscribe("a", lambda event: self.seen.append(-event))
        end()
        end()
        self.assertEqual(self.bus.publish("a", 1), 1)
        self.assertEqual(self.seen, [-1])

    def test_only_its_topic(self):
        end = self.bus.subscribe("a", self.seen.append)
        self.bus.subscribe("b", self.seen.append)
        end()
        self.bus.publish("a", 1)
        self.bus.publish("b", 2)
        self.assertEqual(self.seen, [2])

    def test_ends_itself_while_publishing(self):
        def once(event):
            self.seen.append(("once", event))
            end()

        end = self.bus.subscribe("a", once)
        self.bus.subscribe("a", lambda event: self.seen.append(("second", event)))
        self.bus.subscribe("a", lambda event: self.seen.append(("third", event)))
        self.bus.publish("a", 1)
        self.bus.publish("a", 2)
        self.assertEqual(self.seen, [("once", 1), ("second", 1), ("third", 1), ("second", 2), ("third", 2)])

    def test_again(self):
        self.bus.subscribe("a", self.seen.append)()
        self.bus.subscribe("a", self.seen.append)
        self.bus.publish("a", 1)
        self.assertEqual(self.seen, [1])

    def test_publish_counts(self):
        self.bus.subscribe("a", self.seen.append)
        self.bus.subscribe("a", self.seen.append)
        self.assertEqual(self.bus.publish("a", 1), 2)
        self.assertEqual(self.bus.publish("b", 1), 0)


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.bus = EventBus()
        self.dashboard = Dashboard(self.bus)
        self.temperature = Sensor(self.bus, "kitchen", "temperature")
        self.humidity = Sensor(self.bus, "kitchen", "humidity")
        self.temperature.measure(20)
        self.humidity.measure(60)

    def test_close(self):
        self.dashboard.close()
        self.temperature.measure(25)
        self.humidity.measure(65)
        self.assertEqual(self.dashboard.lines(), ["kitchen: 20 C, 60 %"])
        self.assertEqual(self.dashboard.updates, 2)
        self.assertEqual(self.bus.topics(), [])

    def test_close_twice(self):
        self.dashboard.close()
        self.dashboard.close()
        self.assertEqual(self.bus.topics(), [])

    def test_others_go_on(self):
        other = Dashboard(self.bus)
        self.dashboard.close()
        self.temperature.measure(25)
        self.humidity.measure(65)
        self.assertEqual(other.lines(), ["kitchen: 25 C, 65 %"])
        self.assertEqual(self.bus.topics(), ["humidity", "temperature"])
