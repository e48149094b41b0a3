import unittest

from signup.form import check_email, check_password, render_form


class FormTest(unittest.TestCase):
    def test_good_values_are_fine(self):
        self.assertEqual(check_email("ada@example.org"), "")
        self.assertEqual(check_password("analytical engine"), "")

    def test_bad_values_are_refused(self):
        self.assertNotEqual(check_email("ada"), "")
        self.assertNotEqual(check_password("short"), "")

    def test_form_keeps_the_email_and_escapes_it(self):
        self.assertIn('value="&lt;ada&gt;"', render_form(email="<ada>"))

    def test_form_never_shows_the_password(self):
        self.assertNotIn("analytical engine", render_form(password="analytical engine"))
