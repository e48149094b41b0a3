import unittest

from records import Records

ROWS = [
    {"id": 1},
    {"id": 2, "age": 30},
    {"id": 3, "age": None},
    {"id": 4, "age": 7},
    {"id": 5},
    {"id": 6, "age": 30},
    {"id": 7, "age": 0},
]


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.records = Records(ROWS)

    def test_ascending(self):
        self.assertEqual(self.records.sort_by("age").values("id"), [7, 4, 2, 6, 1, 3, 5])

    def test_descending(self):
        self.assertEqual(self.records.sort_by_desc("age").values("id"), [2, 6, 4, 7, 1, 3, 5])

    def test_text(self):
        rows = Records([{"n": "b"}, {"m": 1}, {"n": ""}, {"n": None}, {"n": "a"}])
        self.assertEqual(rows.sort_by("n").values("n"), ["", "a", "b"])
        self.assertEqual(rows.sort_by_desc("n").values("n"), ["b", "a", ""])
        self.assertEqual(rows.sort_by_desc("n").rows()[-2:], [{"m": 1}, {"n": None}])

    def test_nobody_has_it(self):
        self.assertEqual(self.records.sort_by("x").rows(), ROWS)
        self.assertEqual(self.records.sort_by_desc("x").rows(), ROWS)
        self.assertEqual(Records([]).sort_by("x").rows(), [])

    def test_everybody_has_it(self):
        self.assertEqual(self.records.sort_by("id").rows(), ROWS)
        self.assertEqual(self.records.sort_by_desc("id").rows(), ROWS[::-1])

    def test_rows_are_not_changed(self):
        before = [dict(row) for row in ROWS]
        result = self.records.sort_by("age")
        self.assertIsInstance(result, Records)
        self.assertEqual(ROWS, before)
        self.assertEqual(self.records.rows(), before)
        self.assertEqual(sorted(row["id"] for row in result), [1, 2, 3, 4, 5, 6, 7])
        self.assertIn({"id": 5}, result.rows())

    def test_the_rest(self):
        self.assertEqual(self.records.where_less("age", 10).values("id"), [4, 7])
        self.assertEqual(self.records.total("age"), 67)
        self.assertEqual(self.records.reversed().values("id"), [7, 6, 5, 4, 3, 2, 1])
