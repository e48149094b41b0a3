import unittest
from html.parser import HTMLParser
from pathlib import Path

PAGE = Path(__file__).parents[1] / "index.html"
EMPTY = {"br", "input", "meta"}


class Page(HTMLParser):
    """Collects ids, labels and links, and checks that tags are closed."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.labels, self.links, self.open = [], [], [], []
        self.inputs = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in EMPTY:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "input":
            self.inputs[attrs["name"]] = attrs
        if tag == "label":
            self.labels.append(attrs["for"])
        if tag == "a":
            self.links.append(attrs["href"])

    def handle_endtag(self, tag):
        if tag not in EMPTY and self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes something else")


class PageTest(unittest.TestCase):
    def setUp(self):
        self.page = Page(PAGE.read_text(encoding="utf-8"))

    def test_tags_are_closed(self):
        self.assertEqual(self.page.open, [])

    def test_ids_are_unique(self):
        self.assertEqual(len(self.page.ids), len(set(self.page.ids)))

    def test_labels_and_links_lead_somewhere(self):
        for label in self.page.labels:
            self.assertIn(label, self.page.ids)
        for link in self.page.links:
            if link.startswith("#"):
                self.assertIn(link[1:], self.page.ids)

    def test_phone(self):
        self.assertEqual(self.page.inputs["phone"]["type"], "tel")
        self.assertIn("required", self.page.inputs["phone"])
        self.assertIn("phone", self.page.labels)
        place = self.page.ids.index("email")
        self.assertEqual(self.page.ids[place : place + 3], ["email", "phone", "kind"])
