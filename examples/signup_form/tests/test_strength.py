"""The rating is there; that the form shows it was written before the code: the task is done when it passes."""

import unittest

from signup.form import rate, render_form


class PasswordStrengthTest(unittest.TestCase):
    def test_length_earns_points(self):
        self.assertEqual(rate("short"), 0)
        self.assertEqual(rate("8 chars."), 1)
        self.assertEqual(rate("12 chars ..."), 2)
        self.assertEqual(rate("16 characters .."), 3)

    def test_form_shows_a_meter(self):
        self.assertIn('<meter id="strength" max="3" value="2">', render_form(password="12 chars ..."))
