import tempfile
import unittest
from pathlib import Path

from convert import FormatError, convert, format_of

CSV = "name,email,phone\nEve,eve@example.org,123\nBob,,456\n"


class ConvertTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def test_there_and_back(self):
        source = self.directory / "a.csv"
        source.write_text(CSV, encoding="utf-8")
        self.assertEqual(convert(source, self.directory / "b.json"), 2)
        convert(self.directory / "b.json", self.directory / "c.CSV")
        self.assertEqual((self.directory / "c.CSV").read_text(encoding="utf-8"), CSV)

    def test_unknown(self):
        for name in ("book.xls", "book.vcf"):
            with self.subTest(name=name), self.assertRaises(FormatError):
                format_of(name)
