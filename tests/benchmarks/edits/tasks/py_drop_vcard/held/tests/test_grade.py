import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import convert

ROOT = Path(__file__).resolve().parent.parent
CSV = "name,email,phone\nEve,eve@example.org,123\nBob,,456\n"


class GradeTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.source = self.directory / "a.csv"
        self.source.write_text(CSV, encoding="utf-8")

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = convert.main([str(argument) for argument in arguments])
        return code, out.getvalue()

    def test_files_are_gone(self):
        self.assertFalse((ROOT / "vcard_format.py").exists())
        self.assertFalse((ROOT / "tests" / "test_vcard.py").exists())

    def test_nothing_mentions_it(self):
        for path in ROOT.glob("*.py"):
            with self.subTest(path=path.name):
                text = path.read_text(encoding="utf-8").lower()
                self.assertNotIn("vcard", text)

    def test_usage(self):
        code, out = self.run_main()
        self.assertEqual(code, 2)
        self.assertIn(".csv", out)
        self.assertIn(".json", out)
        self.assertNotIn(".vcf", out)

    def test_target_is_refused(self):
        target = self.directory / "b.vcf"
        code, out = self.run_main(self.source, target)
        self.assertEqual(code, 1)
        self.assertIn("not one of .csv, .json", out)
        self.assertFalse(target.exists())

    def test_source_is_refused(self):
        source = self.directory / "b.VCF"
        source.write_text("BEGIN:VCARD\nFN:Eve\nEND:VCARD\n", encoding="utf-8")
        with self.assertRaises(convert.FormatError):
            convert.convert(source, self.directory / "c.csv")

    def test_formats(self):
        self.assertEqual(sorted(convert.FORMATS), [".csv", ".json"])

    def test_the_others(self):
        self.assertEqual(self.run_main(self.source, self.directory / "b.json"), (0, "2 contacts\n"))
        self.assertEqual(self.run_main(self.directory / "b.json", self.directory / "c.csv")[0], 0)
        self.assertEqual((self.directory / "c.csv").read_text(encoding="utf-8"), CSV)
        with self.assertRaises(convert.FormatError):
            convert.format_of("book.xls")
