import unittest

from invoice import invoice, line
from money import format_euros


class InvoiceTest(unittest.TestCase):
    def test_line(self):
        self.assertEqual(line("pen", 3, 150), "3 x pen: 4.50 EUR")

    def test_invoice(self):
        self.assertEqual(invoice([("pen", 2, 100)]), "2 x pen: 2.00 EUR\nTotal: 2.38 EUR")

    def test_format_euros(self):
        self.assertEqual(format_euros(1999), "19.99 EUR")
