import json
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent


def read(name):
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


class VersionsTest(unittest.TestCase):
    def test_versions_are_the_same(self):
        self.assertEqual(read("package.json")["version"], read("manifest.json")["version"])

    def test_manifest_version(self):
        self.assertEqual(read("manifest.json")["manifest_version"], 3)

    def test_version(self):
        self.assertEqual(read("package.json")["version"], "1.4.0")
