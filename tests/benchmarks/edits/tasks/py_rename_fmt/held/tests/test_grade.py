import unittest

import invoice
import money


class GradeTest(unittest.TestCase):
    def test_new_name(self):
        self.assertEqual(money.format_euros(1250), "12.50 EUR")
        self.assertEqual(money.format_euros(5), "0.05 EUR")
        self.assertEqual(money.format_euros(0), "0.00 EUR")
        self.assertEqual(money.format_euros(-199), "-1.99 EUR")

    def test_old_name_is_gone(self):
        self.assertFalse(hasattr(money, "fmt"))
        self.assertFalse(hasattr(invoice, "fmt"))

    def test_line(self):
        self.assertEqual(invoice.line("pen", 3, 150), "3 x pen: 4.50 EUR")
        self.assertEqual(invoice.line("refund", 1, -5), "1 x refund: -0.05 EUR")

    def test_invoice(self):
        self.assertEqual(
            invoice.invoice([("pen", 2, 100), ("ink", 1, 1999)]),
            "2 x pen: 2.00 EUR\n1 x ink: 19.99 EUR\nTotal: 26.17 EUR",
        )
        self.assertEqual(invoice.invoice([]), "Total: 0.00 EUR")

    def test_tax(self):
        self.assertEqual(money.with_tax(100, 19), 119)
        self.assertEqual(invoice.TAX_PERCENT, 19)
