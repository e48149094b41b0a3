import unittest

from records import Records, RecordsError

TRIPS = [
    {"to": "Bern", "km": 120, "by": "train"},
    {"to": "Ulm", "km": 75, "by": "car"},
    {"to": "Bern", "km": 118, "by": "car"},
]


class RecordsTest(unittest.TestCase):
    def setUp(self):
        self.trips = Records(TRIPS)

    def test_filters(self):
        self.assertEqual(len(self.trips.where_equal("to", "Bern")), 2)
        self.assertEqual(self.trips.where_less("km", 100).rows(), [TRIPS[1]])
        self.assertEqual(len(self.trips.where_contains("by", "CA")), 2)

    def test_sorting(self):
        self.assertEqual(self.trips.sort_by("km").values("km"), [75, 118, 120])
        self.assertEqual(self.trips.sort_by_desc("to").values("km"), [75, 120, 118])

    def test_sorting_with_gaps(self):
        trips = Records([{"n": 1}, {"n": 2, "km": 7}, {"n": 3, "km": None}, {"n": 4, "km": 3}])
        self.assertEqual(trips.sort_by("km").values("n"), [4, 2, 1, 3])
        self.assertEqual(trips.sort_by_desc("km").values("n"), [2, 4, 1, 3])

    def test_groups(self):
        self.assertEqual(self.trips.count_by("by"), {"train": 1, "car": 2})
        self.assertEqual(self.trips.total_by("to", "km"), {"Bern": 238, "Ulm": 75})

    def test_columns(self):
        self.assertEqual(self.trips.pick("to").limit(1).rows(), [{"to": "Bern"}])
        with self.assertRaises(RecordsError):
            self.trips.rename("to", "by")

    def test_join(self):
        cities = Records([{"to": "Ulm", "people": 126000}])
        self.assertEqual(self.trips.join(cities, "to").values("people"), [126000])
        self.assertEqual(len(self.trips.without(cities, "to")), 2)
