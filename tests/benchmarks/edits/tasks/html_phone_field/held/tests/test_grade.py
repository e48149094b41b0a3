import unittest
from html.parser import HTMLParser
from pathlib import Path

PAGE = Path(__file__).parents[1] / "index.html"
EMPTY = {"br", "hr", "img", "input", "link", "meta"}


class Node:
    def __init__(self, tag, attrs=(), parent=None):
        self.tag, self.attrs, self.parent = tag, dict(attrs), parent
        self.children, self.text = [], ""

    def all(self, *tags):
        for child in self.children:
            if not tags or child.tag in tags:
                yield child
            yield from child.all(*tags)

    def by_id(self, name):
        found = [node for node in self.all() if node.attrs.get("id") == name]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} elements have the id {name}")
        return found[0]

    def words(self):
        return " ".join(" ".join([self.text, *(child.words() for child in self.children)]).split())


class Tree(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.root = self.node = Node("root")
        self.feed(text)
        self.close()
        if self.node is not self.root:
            raise AssertionError(f"<{self.node.tag}> is not closed")

    def handle_starttag(self, tag, attrs):
        node = Node(tag, attrs, self.node)
        self.node.children.append(node)
        if tag not in EMPTY:
            self.node = node

    def handle_endtag(self, tag):
        if tag in EMPTY:
            return
        if self.node.tag != tag:
            raise AssertionError(f"</{tag}> closes <{self.node.tag}>")
        self.node = self.node.parent

    def handle_data(self, data):
        self.node.text += data


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.root = Tree(PAGE.read_text(encoding="utf-8")).root

    def fields(self, form):
        return [node.attrs.get("name") for node in self.root.by_id(form).all("input", "select", "textarea")]

    def test_place(self):
        self.assertEqual(self.fields("membership"), ["name", "birthday", "email", "phone", "kind", "remarks"])

    def test_field(self):
        phone = self.root.by_id("phone")
        self.assertEqual((phone.tag, phone.attrs.get("type"), phone.attrs.get("name")), ("input", "tel", "phone"))
        self.assertIn("required", phone.attrs)

    def test_label(self):
        labels = [node for node in self.root.all("label") if node.attrs.get("for") == "phone"]
        self.assertEqual(len(labels), 1)
        self.assertRegex(labels[0].words(), r"(?i)phone")

    def test_in_a_div_of_its_own(self):
        form = self.root.by_id("membership")
        self.assertEqual(
            [(child.tag, child.attrs.get("class")) for child in form.children],
            [("div", "field")] * 6 + [("button", None)],
        )
        for div in form.children[:-1]:
            self.assertEqual(len(list(div.all("label"))), 1)
            self.assertEqual(len(list(div.all("input", "select", "textarea"))), 1)
        self.assertIs(self.root.by_id("phone").parent, form.children[3])
        self.assertEqual(list(form.children[3].all("label"))[0].attrs.get("for"), "phone")

    def test_other_fields_stay(self):
        required = [node.attrs["name"] for node in self.root.all("input", "textarea") if "required" in node.attrs]
        self.assertEqual(required, ["name", "birthday", "email", "phone", "sender", "reply", "text"])
        self.assertEqual(self.root.by_id("email").attrs["type"], "email")
        self.assertEqual(self.root.by_id("email").attrs["autocomplete"], "email")
        kinds = [node.attrs["value"] for node in self.root.by_id("kind").all("option")]
        self.assertEqual(kinds, ["adult", "youth", "family"])

    def test_the_contact_form_stays(self):
        self.assertEqual(self.fields("message"), ["sender", "reply", "text"])

    def test_the_rest_stays(self):
        self.assertEqual(
            [node.words() for node in self.root.all("h2")],
            ["News", "Training", "Fees", "Join us", "Questions", "Contact"],
        )
        self.assertEqual(len(list(self.root.all("a"))), 6)
        self.assertEqual(len(list(self.root.all("td"))), 15)
        self.assertEqual(len(list(self.root.all("dt"))), 4)
        self.assertEqual(len(list(self.root.all("form"))), 2)
        self.assertEqual([node.words() for node in self.root.all("button")], ["Send", "Send message"])
        self.assertEqual(self.root.by_id("membership").attrs["action"], "/membership")
        self.assertIn("founded in 1921", self.root.words())
