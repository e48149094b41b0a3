import unittest

import vcard_format

CONTACTS = [{"name": "Eve", "email": "eve@example.org", "phone": ""}]


class VcardTest(unittest.TestCase):
    def test_there_and_back(self):
        text = vcard_format.dumps(CONTACTS)
        self.assertTrue(text.startswith("BEGIN:VCARD\nVERSION:3.0\nFN:Eve\n"))
        self.assertEqual(vcard_format.loads(text), CONTACTS)

    def test_parameters(self):
        text = "BEGIN:VCARD\nTEL;TYPE=home:123\nEND:VCARD\n"
        self.assertEqual(vcard_format.loads(text)[0]["phone"], "123")
