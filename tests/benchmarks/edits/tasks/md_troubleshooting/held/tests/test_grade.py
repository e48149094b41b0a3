import re
import unittest
from pathlib import Path

from errors import PROBLEMS, describe

DOCS = Path(__file__).parents[1] / "docs"


def words(text):
    """Return a text with all white space the same, so that lines may be broken anywhere."""
    return " ".join(text.split())


class PageTest(unittest.TestCase):
    def setUp(self):
        self.text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")

    def sections(self):
        """Return the headings of the second level with what is under each."""
        parts = re.split(r"(?m)^## +(.*)$", self.text)
        return list(zip(parts[1::2], parts[2::2]))

    def test_title(self):
        self.assertRegex(self.text.lstrip(), r"^# +Troubleshooting *\n")
        self.assertEqual(len(re.findall(r"(?m)^# ", self.text)), 1)

    def test_a_section_for_every_code(self):
        found = [code for heading, _ in self.sections() for code in re.findall(r"E\d{3}", heading)]
        self.assertEqual(sorted(found), ["E101", "E102", "E201", "E202", "E301"])

    def test_message_and_advice(self):
        for code in ("E101", "E102", "E201", "E202", "E301"):
            for heading, body in self.sections():
                if code in heading:
                    self.assertIn(words(PROBLEMS[code].message), words(f"{heading}\n{body}"))
                    self.assertIn(words(PROBLEMS[code].advice), words(body))


class IndexTest(unittest.TestCase):
    def test_place_of_the_link(self):
        index = (DOCS / "index.md").read_text(encoding="utf-8")
        links = re.findall(r"(?m)^[-*] +\[[^\]]+\]\((?:\./)?([^)]+)\)", index)
        self.assertEqual(links, ["installation.md", "configuration.md", "troubleshooting.md", "changelog.md"])

    def test_the_rest_stays(self):
        index = (DOCS / "index.md").read_text(encoding="utf-8")
        for text in ("# Backup tool\n", "every night.", "## Pages\n", "## Help\n", "give the error code."):
            self.assertIn(text, index)

    def test_other_pages_stay(self):
        self.assertIn("How many archives stay", (DOCS / "configuration.md").read_text(encoding="utf-8"))
        self.assertIn("New command `prune`", (DOCS / "changelog.md").read_text(encoding="utf-8"))


class ErrorsTest(unittest.TestCase):
    def test_the_errors_stay(self):
        self.assertEqual(describe("E202"), "E202: Another backup is running")
        self.assertEqual(PROBLEMS["E301"].advice, "Do not trust this archive; restore from an older one.")
        self.assertEqual(list(PROBLEMS), ["E101", "E102", "E201", "E202", "E301"])
