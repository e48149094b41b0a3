import json
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent


def read(name):
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


class GradeTest(unittest.TestCase):
    def test_package(self):
        self.assertEqual(
            read("package.json"),
            {
                "name": "tab-notes",
                "version": "1.4.0",
                "private": True,
                "description": "Notes for every tab of the browser",
                "engines": {"node": ">=18.0.0"},
                "scripts": {"test": "python3 -m unittest -q"},
            },
        )

    def test_manifest(self):
        self.assertEqual(
            read("manifest.json"),
            {
                "manifest_version": 3,
                "name": "Tab Notes",
                "version": "1.4.0",
                "minimum_chrome_version": "116",
                "permissions": ["storage", "tabs"],
                "action": {"default_title": "Notes", "default_popup": "popup.html"},
            },
        )
