import unittest

import services


class ServicesTest(unittest.TestCase):
    def test_all_environments_have_all_services(self):
        for environment in ("development", "staging", "production"):
            self.assertEqual(sorted(services.load(environment)), ["catalog", "payment", "search"])

    def test_urls(self):
        self.assertEqual(services.load("development")["search"]["url"], "http://localhost:8082")
        self.assertEqual(services.load("production")["payment"]["url"], "https://payment.example.org:8443")

    def test_unknown_environment(self):
        with self.assertRaises(KeyError):
            services.load("moon")

    def test_timeouts_of_the_search(self):
        timeouts = [services.load(name)["search"]["timeout"] for name in ("development", "staging", "production")]
        self.assertEqual(timeouts, [60, 45, 20])
