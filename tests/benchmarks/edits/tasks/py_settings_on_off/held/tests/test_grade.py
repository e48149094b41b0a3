import unittest

from settings import Settings, SettingsError


class GradeTest(unittest.TestCase):
    def get(self, value):
        return Settings.parse(f"[mail]\nenabled = {value}\n").get_bool("mail.enabled")

    def test_on(self):
        for value in ("on", "On", "ON", '"on"'):
            with self.subTest(value=value):
                self.assertIs(self.get(value), True)

    def test_off(self):
        for value in ("off", "Off", "OFF", "'off'"):
            with self.subTest(value=value):
                self.assertIs(self.get(value), False)

    def test_the_others(self):
        for value in ("true", "True", "yes", "YES", "1"):
            with self.subTest(value=value):
                self.assertIs(self.get(value), True)
        for value in ("false", "FALSE", "no", "No", "0"):
            with self.subTest(value=value):
                self.assertIs(self.get(value), False)

    def test_wrong(self):
        for value in ("", "onoff", "o", "of", "2", "y", "n"):
            with self.subTest(value=value), self.assertRaises(SettingsError):
                self.get(value)

    def test_missing(self):
        settings = Settings()
        self.assertIs(settings.get_bool("debug", False), False)
        self.assertIs(settings.get_bool("debug", True), True)
        with self.assertRaises(SettingsError):
            settings.get_bool("debug")

    def test_the_rest(self):
        settings = Settings.parse("name = on\ncount = 3\n")
        self.assertEqual(settings.get_str("name"), "on")
        self.assertEqual(settings.get_int("count"), 3)
        self.assertEqual(Settings.parse(settings.dump()).changes(settings), [])
