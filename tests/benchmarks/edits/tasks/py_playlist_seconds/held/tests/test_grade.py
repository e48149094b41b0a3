import unittest

from playlist import Playlist, Track, clock


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.playlist = Playlist("evening")

    def test_empty(self):
        self.assertEqual(self.playlist.total_seconds(), 0)

    def test_sum(self):
        for title, seconds in (("A", 180), ("B", 200), ("C", 5), ("A", 180)):
            self.playlist.add(Track(title, seconds))
        self.assertEqual(self.playlist.total_seconds(), 565)
        self.assertEqual(clock(self.playlist.total_seconds()), "9:25")

    def test_follows_changes(self):
        self.playlist.add(Track("A", 10))
        self.playlist.add(Track("B", 7))
        self.assertEqual(self.playlist.total_seconds(), 17)
        self.playlist.remove("A")
        self.assertEqual(self.playlist.total_seconds(), 7)
        self.playlist.add(Track("C", 3))
        self.assertEqual(self.playlist.total_seconds(), 10)

    def test_changes_nothing(self):
        self.playlist.add(Track("A", 10))
        self.playlist.total_seconds()
        self.playlist.total_seconds()
        self.assertEqual(self.playlist.titles(), ["A"])
        self.assertEqual(self.playlist.tracks, [Track("A", 10)])

    def test_what_worked(self):
        self.playlist.add(Track("A", 1))
        self.playlist.add(Track("B", 2))
        self.assertEqual(self.playlist.remove("C"), 0)
        self.assertEqual(self.playlist.remove("A"), 1)
        self.assertEqual(self.playlist.titles(), ["B"])
        self.assertEqual(self.playlist.name, "evening")
        self.assertEqual(clock(59), "0:59")
