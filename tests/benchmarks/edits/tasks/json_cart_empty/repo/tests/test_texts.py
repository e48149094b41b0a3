import re
import unittest

from texts import Texts

LANGUAGES = ("en", "de", "fr")


class TextsTest(unittest.TestCase):
    def test_all_languages_have_the_same_keys(self):
        for language in LANGUAGES:
            self.assertEqual(Texts(language).keys(), Texts("en").keys(), language)

    def test_all_languages_have_the_same_placeholders(self):
        english = Texts("en")
        for language in LANGUAGES:
            texts = Texts(language)
            for key in english.keys():
                self.assertEqual(re.findall(r"{\w+}", texts[key]), re.findall(r"{\w+}", english[key]), key)

    def test_get(self):
        self.assertEqual(Texts("de").get("cart.remove", name="Tee"), "Tee entfernen")
        self.assertEqual(Texts("de").get("cart.unknown"), "cart.unknown")

    def test_empty_cart(self):
        self.assertEqual(Texts("en").get("cart.empty"), "Your cart is empty")
        self.assertEqual(Texts("fr").get("cart.empty"), "Votre panier est vide")
        self.assertEqual(Texts("de").get("cart.checkout"), "Zur Kasse")
