import unittest

from calc import CalcError, calculate, parse, show


class CalculateTest(unittest.TestCase):
    def test_values(self):
        for text, value in [("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("8 / 4 / 2", 1), ("-2 * -3", 6), ("2 - -1", 3)]:
            with self.subTest(text=text):
                self.assertEqual(calculate(text), value)

    def test_power(self):
        for text, value in [("3 * 2 ** 2", 12), ("-3 ** 2", -9), ("2 ** 2 ** 3", 256), ("4 ** -1", 0.25)]:
            with self.subTest(text=text):
                self.assertEqual(calculate(text), value)
        with self.assertRaises(CalcError):
            calculate("0 ** -2")

    def test_names_and_functions(self):
        self.assertEqual(calculate("max(a, 2 * b, 1)", a=3, b=4), 8)

    def test_errors(self):
        for text in ("", "1 +", "1 2", "(1", "1 / 0", "x", "nope(1)", "1.2.3", "2 ? 3"):
            with self.subTest(text=text), self.assertRaises(CalcError):
                calculate(text)


class ShowTest(unittest.TestCase):
    def test_parentheses(self):
        for text in ("1 + 2 * 3", "(1 + 2) * 3", "8 - (4 - 2)", "8 - 4 - 2", "-(a + 1)", "-a * 2", "min(1, -x)"):
            with self.subTest(text=text):
                self.assertEqual(show(parse(text)), text)

    def test_power(self):
        for text in ("a ** b ** c", "(a ** b) ** c", "-a ** 2", "(-a) ** 2", "2 ** -a"):
            with self.subTest(text=text):
                self.assertEqual(parse(show(parse(text))), parse(text))
