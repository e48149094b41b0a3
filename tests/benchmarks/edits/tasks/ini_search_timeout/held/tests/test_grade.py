import configparser
import unittest
from pathlib import Path

import services

DEVELOPMENT = {"scheme": "http", "retries": "2", "log_level": "debug", "host": "localhost", "timeout": "60"}
EXPECTED = {
    "development:catalog": DEVELOPMENT | {"port": "8081"},
    "development:search": DEVELOPMENT | {"port": "8082"},
    "development:payment": DEVELOPMENT | {"port": "8083"},
    "staging:catalog": {
        "scheme": "https",
        "retries": "2",
        "log_level": "info",
        "host": "catalog.staging.example.org",
        "port": "443",
        "timeout": "20",
    },
    "staging:search": {
        "scheme": "https",
        "retries": "1",
        "log_level": "info",
        "host": "search.staging.example.org",
        "port": "443",
        "timeout": "45",
    },
    "staging:payment": {
        "scheme": "https",
        "retries": "2",
        "log_level": "info",
        "host": "payment.staging.example.org",
        "port": "8443",
        "timeout": "20",
    },
    "production:catalog": {
        "scheme": "https",
        "retries": "2",
        "log_level": "warning",
        "host": "catalog.example.org",
        "port": "443",
        "timeout": "5",
    },
    "production:search": {
        "scheme": "https",
        "retries": "3",
        "log_level": "warning",
        "host": "search.example.org",
        "port": "443",
        "timeout": "20",
    },
    "production:payment": {
        "scheme": "https",
        "retries": "0",
        "log_level": "warning",
        "host": "payment.example.org",
        "port": "8443",
        "timeout": "30",
    },
}


class GradeTest(unittest.TestCase):
    def test_only_that_changed(self):
        parser = configparser.ConfigParser()
        parser.read(services.PATH, encoding="utf-8")
        self.assertEqual({name: dict(parser[name]) for name in parser.sections()}, EXPECTED)
        self.assertEqual(dict(parser["DEFAULT"]), {"scheme": "https", "retries": "2", "log_level": "info"})

    def test_it_is_loaded(self):
        self.assertEqual(
            services.load("staging")["search"],
            {"url": "https://search.staging.example.org:443", "timeout": 45, "retries": 1, "log_level": "info"},
        )
        self.assertEqual(services.load("production")["search"]["timeout"], 20)

    def test_comments_stay(self):
        text = Path(services.PATH).read_text(encoding="utf-8")
        self.assertIn("Times are in seconds.", text)
        self.assertIn("The index is rebuilt every night.", text)
