import unittest

from calc import CalcError, calculate, parse, show


class GradeTest(unittest.TestCase):
    def test_values(self):
        for text, value in [
            ("2 ** 3", 8),
            ("2**3", 8),
            ("2 ** 3 ** 2", 512),
            ("(2 ** 3) ** 2", 64),
            ("3 * 2 ** 2", 12),
            ("2 ** 2 * 3", 12),
            ("36 / 3 ** 2", 4),
            ("1 + 2 ** 2", 5),
            ("4 ** 0.5", 2),
            ("0 ** 0", 1),
            ("abs(-3) ** 2", 9),
            ("2 ** (1 + 2)", 8),
        ]:
            with self.subTest(text=text):
                self.assertEqual(calculate(text), value)

    def test_minus(self):
        for text, value in [
            ("-2 ** 2", -4),
            ("(-2) ** 2", 4),
            ("2 ** -1", 0.5),
            ("2 ** -2 ** 2", 0.0625),
            ("-2 ** -2", -0.25),
            ("2 ** --2", 4),
            ("3 - 2 ** 2", -1),
            ("3 * -2 ** 2", -12),
        ]:
            with self.subTest(text=text):
                self.assertEqual(calculate(text), value)

    def test_names(self):
        self.assertEqual(calculate("a ** b", a=3, b=2), 9)

    def test_errors(self):
        for text in ("0 ** -1", "2 **", "** 2", "2 ** * 2", "2 * * 2", "2 *** 2", "1 / 0"):
            with self.subTest(text=text), self.assertRaises(CalcError):
                calculate(text)

    def test_show(self):
        for text in (
            "2 ** 3",
            "2 ** 3 ** 2",
            "(2 ** 3) ** 2",
            "(-2) ** 2",
            "-2 ** 2",
            "2 ** -1",
            "2 ** -(1 + 2)",
            "2 ** -3 ** 2",
            "(2 * 3) ** 2",
            "2 * 3 ** 2",
            "2 ** (3 * 2)",
            "2 ** 3 * 2",
            "(a + b) ** max(2, c ** 2)",
            "(-a ** 2) ** 3",
            "8 - (4 - 2 ** 2)",
        ):
            with self.subTest(text=text):
                tree = parse(text)
                self.assertEqual(parse(show(tree)), tree)

    def test_show_as_before(self):
        for text in ("(1 + 2) * 3", "8 - (4 - 2)", "8 - 4 - 2", "-(a + 1)", "-a * 2", "8 / (4 / 2)", "8 * 4 / 2"):
            with self.subTest(text=text):
                self.assertEqual(show(parse(text)), text)

    def test_as_before(self):
        for text, value in [("1 + 2 * 3", 7), ("8 / 4 / 2", 1), ("2 * 3 * 4", 24), ("-2 * -3", 6), ("2*3", 6)]:
            with self.subTest(text=text):
                self.assertEqual(calculate(text), value)
