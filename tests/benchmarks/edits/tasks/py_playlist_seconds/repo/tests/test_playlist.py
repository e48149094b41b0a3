import unittest

from playlist import Playlist, Track, clock


class PlaylistTest(unittest.TestCase):
    def test_add_and_remove(self):
        playlist = Playlist("morning")
        playlist.add(Track("Rain", 180))
        playlist.add(Track("Sun", 200))
        playlist.add(Track("Rain", 190))
        self.assertEqual(playlist.remove("Rain"), 2)
        self.assertEqual(playlist.titles(), ["Sun"])

    def test_total_seconds(self):
        playlist = Playlist("evening")
        self.assertEqual(playlist.total_seconds(), 0)
        playlist.add(Track("Rain", 180))
        playlist.add(Track("Sun", 25))
        self.assertEqual(playlist.total_seconds(), 205)

    def test_clock(self):
        self.assertEqual(clock(185), "3:05")
