import json
import unittest
from pathlib import Path

from texts import FOLDER, Texts

EXPECTED = {
    "en": {
        "language": "English",
        "header": {"home": "Home", "search": "Search our shop", "account": "My account"},
        "cart": {
            "title": "Cart",
            "items": "{count} items",
            "remove": "Remove {name}",
            "checkout": "Check out",
            "empty": "Your cart is empty",
        },
        "checkout": {
            "title": "Check out",
            "address": "Delivery address",
            "pay": "Pay {amount}",
            "empty": "There is nothing to pay for",
        },
    },
    "de": {
        "language": "Deutsch",
        "header": {"home": "Startseite", "search": "Im Shop suchen", "account": "Mein Konto"},
        "cart": {
            "title": "Warenkorb",
            "items": "{count} Artikel",
            "remove": "{name} entfernen",
            "checkout": "Zur Kasse",
            "empty": "Ihr Warenkorb ist leer",
        },
        "checkout": {
            "title": "Kasse",
            "address": "Lieferadresse f\u00fcr Pakete",
            "pay": "{amount} bezahlen",
            "empty": "Es gibt nichts zu bezahlen",
        },
    },
    "fr": {
        "language": "Fran\u00e7ais",
        "header": {"home": "Accueil", "search": "Chercher dans la boutique", "account": "Mon compte"},
        "cart": {
            "title": "Panier",
            "items": "{count} articles",
            "remove": "Supprimer {name}",
            "checkout": "Passer commande",
            "empty": "Votre panier est vide",
        },
        "checkout": {
            "title": "Commande",
            "address": "Adresse de livraison",
            "pay": "Payer {amount}",
            "empty": "Il n'y a rien \u00e0 payer",
        },
    },
}


def without_doubles(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key comes twice: {keys}")
    return dict(pairs)


class GradeTest(unittest.TestCase):
    def test_files(self):
        for language, expected in EXPECTED.items():
            text = (FOLDER / f"{language}.json").read_text(encoding="utf-8")
            self.assertEqual(json.loads(text, object_pairs_hook=without_doubles), expected, language)

    def test_no_other_files(self):
        self.assertEqual(sorted(path.name for path in Path(FOLDER).iterdir()), ["de.json", "en.json", "fr.json"])

    def test_texts(self):
        self.assertEqual(Texts("fr").get("cart.empty"), "Votre panier est vide")
        self.assertEqual(Texts("de").get("cart.remove", name="Tee"), "Tee entfernen")
