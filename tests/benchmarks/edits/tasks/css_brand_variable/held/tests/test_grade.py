import re
import unittest
from pathlib import Path

STYLE = Path(__file__).parents[1] / "site.css"
BLUE = "#2b6cb0"
PLACES = {
    ("", "h2", "border-bottom"): "2px solid #2b6cb0",
    ("", "a", "color"): "#2b6cb0",
    ("", ".page-header", "background"): "#2b6cb0",
    ("", ".nav-item.is-active a", "color"): "#2b6cb0",
    ("", ".button", "border"): "1px solid #2b6cb0",
    ("", ".button", "background"): "#2b6cb0",
    ("", ".button.is-plain", "color"): "#2b6cb0",
    ("", ".card.is-new", "border-left"): "4px solid #2b6cb0",
    ("", ".field input:focus, .field textarea:focus", "outline"): "2px solid #2b6cb0",
    ("@media (max-width: 40rem)", ".nav-item.is-active", "border-left"): "4px solid #2b6cb0",
}
OTHERS = {
    ("", ":root", "--text"): "#1a202c",
    ("", ":root", "--paper"): "#ffffff",
    ("", ":root", "--line"): "#e2e8f0",
    ("", ":root", "--gap"): "1rem",
    ("", "*", "box-sizing"): "border-box",
    ("", "body", "margin"): "0",
    ("", "body", "background"): "var(--paper)",
    ("", "body", "color"): "var(--text)",
    ("", "body", "font-family"): "system-ui, sans-serif",
    ("", "body", "line-height"): "1.5",
    ("", "h1, h2, h3", "margin"): "0 0 var(--gap)",
    ("", "h1, h2, h3", "line-height"): "1.2",
    ("", "h1", "font-size"): "2rem",
    ("", "h2", "font-size"): "1.5rem",
    ("", "a:hover", "color"): "#2c5282",
    ("", ".page", "max-width"): "60rem",
    ("", ".page", "margin"): "0 auto",
    ("", ".page", "padding"): "var(--gap)",
    ("", ".page-header", "display"): "flex",
    ("", ".page-header", "justify-content"): "space-between",
    ("", ".page-header", "padding"): "var(--gap)",
    ("", ".page-header", "color"): "#ffffff",
    ("", ".page-header a", "color"): "inherit",
    ("", ".page-header a", "text-decoration"): "none",
    ("", ".page-footer", "margin-top"): "calc(3 * var(--gap))",
    ("", ".page-footer", "border-top"): "1px solid var(--line)",
    ("", ".page-footer", "font-size"): "0.875rem",
    ("", ".nav", "display"): "flex",
    ("", ".nav", "gap"): "var(--gap)",
    ("", ".nav", "margin"): "0",
    ("", ".nav", "padding"): "0",
    ("", ".nav", "list-style"): "none",
    ("", ".nav-item", "padding"): "0.25rem 0.5rem",
    ("", ".nav-item.is-active", "background"): "var(--paper)",
    ("", ".nav-item.is-active", "border-radius"): "0.25rem",
    ("", ".button", "display"): "inline-block",
    ("", ".button", "padding"): "0.5rem 1rem",
    ("", ".button", "border-radius"): "0.25rem",
    ("", ".button", "color"): "#ffffff",
    ("", ".button", "cursor"): "pointer",
    ("", ".button:hover", "background"): "#2c5282",
    ("", ".button:hover", "border-color"): "#2c5282",
    ("", ".button.is-plain", "background"): "transparent",
    ("", ".button.is-danger", "border-color"): "#c53030",
    ("", ".button.is-danger", "background"): "#c53030",
    ("", ".button:disabled", "opacity"): "0.5",
    ("", ".button:disabled", "cursor"): "default",
    ("", ".cards", "display"): "grid",
    ("", ".cards", "grid-template-columns"): "repeat(3, 1fr)",
    ("", ".cards", "gap"): "var(--gap)",
    ("", ".card", "padding"): "var(--gap)",
    ("", ".card", "border"): "1px solid var(--line)",
    ("", ".card", "border-radius"): "0.5rem",
    ("", ".card", "box-shadow"): "0 1px 3px rgba(0, 0, 0, 0.1)",
    ("", ".card-title", "font-weight"): "bold",
    ("", ".field", "margin-bottom"): "var(--gap)",
    ("", ".field label", "display"): "block",
    ("", ".field label", "font-weight"): "bold",
    ("", ".field input, .field textarea", "width"): "100%",
    ("", ".field input, .field textarea", "padding"): "0.5rem",
    ("", ".field input, .field textarea", "border"): "1px solid var(--line)",
    ("", ".field input:focus, .field textarea:focus", "outline-offset"): "1px",
    ("", ".field .error", "color"): "#c53030",
    ("@media (max-width: 40rem)", ".page-header", "flex-direction"): "column",
    ("@media (max-width: 40rem)", ".cards", "grid-template-columns"): "1fr",
    ("@media print", ".page-header", "background"): "none",
    ("@media print", ".page-header", "color"): "#000000",
    ("@media print", ".nav, .button", "display"): "none",
}


def words(text):
    return " ".join(text.split())


def declarations(text):
    """Return {(media, selector, property): value} of a style sheet, and raise ValueError for a double."""
    found, stack, part = {}, [], ""
    for character in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL):
        if character == "{":
            stack.append(words(part))
            part = ""
        elif character in ";}":
            if part.strip():
                name, value = part.split(":", 1)
                media = stack[0] if len(stack) == 2 else ""
                key = (media, stack[-1], name.strip())
                if key in found:
                    raise ValueError(f"twice: {key}")
                found[key] = words(value)
            part = ""
            if character == "}":
                stack.pop()
        else:
            part += character
    if stack or part.strip():
        raise ValueError("the braces do not match")
    return found


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.text = STYLE.read_text(encoding="utf-8")
        self.found = declarations(self.text)

    def test_defined_once(self):
        self.assertEqual(self.found.get(("", ":root", "--brand"), "").lower(), BLUE)
        code = re.sub(r"/\*.*?\*/", "", self.text, flags=re.DOTALL)
        self.assertEqual(code.lower().count(BLUE), 1)

    def test_used_everywhere(self):
        for place, value in PLACES.items():
            self.assertEqual(re.sub(r"var\(\s*--brand\s*\)", BLUE, self.found.get(place, "")), value, place)

    def test_all_else_is_the_same(self):
        rest = {place: value for place, value in self.found.items() if place not in PLACES}
        rest.pop(("", ":root", "--brand"), None)
        self.assertEqual(rest, OTHERS)
