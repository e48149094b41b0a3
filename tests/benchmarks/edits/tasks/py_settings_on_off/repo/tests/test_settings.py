import unittest

from settings import Settings, SettingsError

TEXT = """
# The station
name = " Station 7"
debug = Yes

[server]
port = 8080
hosts = alpha, beta,
limit = 64k
"""


class SettingsTest(unittest.TestCase):
    def setUp(self):
        self.settings = Settings.parse(TEXT)

    def test_values(self):
        self.assertEqual(self.settings.get_str("name"), " Station 7")
        self.assertEqual(self.settings.get_int("server.port"), 8080)
        self.assertEqual(self.settings.get_list("server.hosts"), ["alpha", "beta"])
        self.assertEqual(self.settings.get_size("server.limit"), 65536)
        self.assertIs(self.settings.get_bool("debug"), True)

    def test_on_and_off(self):
        settings = Settings.parse("lights = On\nheating = off")
        self.assertIs(settings.get_bool("lights"), True)
        self.assertIs(settings.get_bool("heating"), False)

    def test_defaults(self):
        self.assertEqual(self.settings.get_int("server.timeout", 30), 30)
        with self.assertRaises(SettingsError):
            self.settings.get_int("server.timeout")

    def test_bounds(self):
        with self.assertRaises(SettingsError):
            self.settings.get_int("server.port", high=1024)

    def test_dump(self):
        again = Settings.parse(self.settings.dump())
        self.assertEqual(self.settings.changes(again), [])

    def test_merged(self):
        merged = self.settings.merged(Settings.parse("debug = no"))
        self.assertIs(merged.get_bool("debug"), False)
        self.assertEqual(len(merged), 5)

    def test_errors(self):
        for text in ("port", "Port = 1", "[server", "a = 1\na = 2"):
            with self.subTest(text=text), self.assertRaises(SettingsError):
                Settings.parse(text)
