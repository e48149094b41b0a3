"""Written before the code: the task "add a password strength meter" is done when these pass."""

import unittest

from signup.form import password_strength, render_form


class PasswordStrengthTest(unittest.TestCase):
    def test_length_earns_points(self):
        self.assertEqual(password_strength("short"), 0)
        self.assertEqual(password_strength("8 chars."), 1)
        self.assertEqual(password_strength("12 chars ..."), 2)
        self.assertEqual(password_strength("16 characters .."), 3)

    def test_form_shows_a_meter(self):
        self.assertIn('<meter id="strength" max="3" value="2">', render_form(password="12 chars ..."))
