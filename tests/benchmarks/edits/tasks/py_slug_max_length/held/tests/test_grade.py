import unittest

from slugs import slugify, unique_slug


class GradeTest(unittest.TestCase):
    def test_drops_words(self):
        for limit, slug in [(15, "hello-big-world"), (14, "hello-big"), (10, "hello-big"), (9, "hello-big")]:
            with self.subTest(limit=limit):
                self.assertEqual(slugify("Hello, big World!", max_length=limit), slug)

    def test_only_first_word(self):
        for limit in (8, 7, 6, 5):
            with self.subTest(limit=limit):
                self.assertEqual(slugify("Hello, big World!", max_length=limit), "hello")

    def test_later_short_word_does_not_slip_in(self):
        self.assertEqual(slugify("one thirteen a", max_length=6), "one")

    def test_cuts_first_word(self):
        self.assertEqual(slugify("Extraordinary news", max_length=5), "extra")
        self.assertEqual(slugify("Extraordinary", max_length=5), "extra")

    def test_room_enough(self):
        self.assertEqual(slugify("one two", max_length=100), "one-two")

    def test_no_limit(self):
        text = "word " * 50
        self.assertEqual(slugify(text), "-".join(["word"] * 50))
        self.assertEqual(slugify(text, max_length=None), "-".join(["word"] * 50))

    def test_separator(self):
        self.assertEqual(slugify("one two three", "_", max_length=8), "one_two")
        self.assertEqual(slugify("one two three", separator="--", max_length=8), "one--two")
        self.assertEqual(slugify("one two three", separator="--", max_length=7), "one")

    def test_counts_after_accents(self):
        self.assertEqual(slugify("Straße lang", max_length=7), "strasse")

    def test_nothing(self):
        self.assertEqual(slugify("?!", max_length=3), "")

    def test_unique_slug(self):
        self.assertEqual(unique_slug("News", {"news"}), "news-2")
        self.assertEqual(unique_slug("Big News", {"big_news"}, "_"), "big_news_2")
