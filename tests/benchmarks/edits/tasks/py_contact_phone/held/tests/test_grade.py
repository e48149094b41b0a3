import unittest

from contacts import AddressBook, Contact


class GradeTest(unittest.TestCase):
    def test_default(self):
        self.assertEqual(Contact("Ann").phone, "")
        self.assertEqual(Contact("Ann", "ann@example.org").phone, "")

    def test_given(self):
        self.assertEqual(Contact("Ann", phone="0123").phone, "0123")
        contact = Contact("Ann", "ann@example.org", "0456")
        self.assertEqual((contact.name, contact.email, contact.phone), ("Ann", "ann@example.org", "0456"))

    def test_is_a_field(self):
        self.assertEqual(Contact("Ann", phone="1"), Contact("Ann", phone="1"))
        self.assertNotEqual(Contact("Ann", phone="1"), Contact("Ann", phone="2"))

    def test_to_dict(self):
        self.assertEqual(Contact("Ann").to_dict(), {"name": "Ann", "email": "", "phone": ""})
        self.assertEqual(
            Contact("Cem", "cem@example.org", "0123").to_dict(),
            {"name": "Cem", "email": "cem@example.org", "phone": "0123"},
        )

    def test_from_dict(self):
        contact = Contact("Cem", "cem@example.org", "0123")
        self.assertEqual(Contact(**contact.to_dict()), contact)

    def test_book(self):
        book = AddressBook()
        book.add(Contact("Bob", phone="77"))
        book.add(Contact("Ann", "ann@example.org"))
        self.assertEqual(book.search("ob"), [Contact("Bob", "", "77")])
        self.assertEqual([contact.name for contact in book.search("")], ["Ann", "Bob"])
        self.assertEqual([saved["phone"] for saved in book.to_list()], ["77", ""])

    def test_matches(self):
        self.assertTrue(Contact("Ann", "x@example.org").matches("EXAMPLE"))
        self.assertFalse(Contact("Ann").matches("bob"))
