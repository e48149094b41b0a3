import unittest

from slugs import slugify, unique_slug


class SlugifyTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(slugify("Hello,  big World!"), "hello-big-world")

    def test_accents(self):
        self.assertEqual(slugify("Straße nach Évian"), "strasse-nach-evian")

    def test_separator(self):
        self.assertEqual(slugify("one two", "_"), "one_two")

    def test_nothing(self):
        self.assertEqual(slugify("?!"), "")

    def test_max_length(self):
        self.assertEqual(slugify("green tea house", max_length=12), "green-tea")
        self.assertEqual(slugify("green tea house", max_length=9), "green-tea")
        self.assertEqual(slugify("Photosynthesis", max_length=5), "photo")


class UniqueSlugTest(unittest.TestCase):
    def test_free(self):
        self.assertEqual(unique_slug("News", set()), "news")

    def test_taken(self):
        self.assertEqual(unique_slug("News", {"news", "news-2"}), "news-3")

    def test_nothing(self):
        self.assertEqual(unique_slug("...", set()), "page")
