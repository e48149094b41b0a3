import unittest

from contacts import AddressBook, Contact


class ContactsTest(unittest.TestCase):
    def setUp(self):
        self.book = AddressBook()
        self.book.add(Contact("Cem", "cem@example.org"))
        self.book.add(Contact("Ann"))

    def test_search(self):
        self.assertEqual(self.book.search("EXAMPLE"), [Contact("Cem", "cem@example.org")])
        self.assertEqual([contact.name for contact in self.book.search("")], ["Ann", "Cem"])

    def test_to_list(self):
        saved = self.book.to_list()
        self.assertEqual([contact["name"] for contact in saved], ["Cem", "Ann"])
        self.assertEqual(saved[0]["email"], "cem@example.org")

    def test_phone(self):
        self.assertEqual(Contact("Dan").phone, "")
        self.assertEqual(Contact("Dan", "dan@example.org", "123").to_dict()["phone"], "123")
