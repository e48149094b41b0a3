import re
import unittest
from pathlib import Path

from errors import PROBLEMS, describe

DOCS = Path(__file__).parents[1] / "docs"


class DocsTest(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in DOCS.glob("*.md"):
            for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
                self.assertTrue((DOCS / target).is_file(), f"{page.name} links to {target}")

    def test_the_index_has_all_pages(self):
        index = (DOCS / "index.md").read_text(encoding="utf-8")
        for page in DOCS.glob("*.md"):
            if page.name != "index.md":
                self.assertIn(f"({page.name})", index)

    def test_pages_begin_with_a_title(self):
        for page in DOCS.glob("*.md"):
            self.assertTrue(page.read_text(encoding="utf-8").startswith("# "), page.name)

    def test_troubleshooting(self):
        page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"(?m)^## .*(E\d+)", page), sorted(PROBLEMS))
        for problem in PROBLEMS.values():
            self.assertIn(problem.message, page)
            self.assertIn(problem.advice, page)

    def test_order_of_the_index(self):
        index = (DOCS / "index.md").read_text(encoding="utf-8")
        self.assertLess(index.index("(configuration.md)"), index.index("(troubleshooting.md)"))
        self.assertLess(index.index("(troubleshooting.md)"), index.index("(changelog.md)"))


class ErrorsTest(unittest.TestCase):
    def test_describe(self):
        self.assertEqual(describe("E202"), "E202: Another backup is running")
