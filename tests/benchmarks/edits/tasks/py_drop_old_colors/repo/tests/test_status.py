import unittest

from status import report, status_line


class StatusTest(unittest.TestCase):
    def test_line(self):
        self.assertEqual(status_line("mail", "up"), "mail       \033[32mup\033[0m")

    def test_report(self):
        lines = report({"web": "down", "mail": "slow"})
        self.assertEqual([line.split()[0] for line in lines], ["mail", "web"])
