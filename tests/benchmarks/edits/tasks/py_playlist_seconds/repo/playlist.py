"""Playlists of a music player."""

from dataclasses import dataclass


@dataclass
class Track:
    """A piece of music."""

    title: str
    seconds: int


class Playlist:
    """Tracks in the order in which they are played."""

    def __init__(self, name):
        self.name = name
        self.tracks = []

    def add(self, track):
        """Put a track at the end."""
        self.tracks.append(track)

    def remove(self, title):
        """Take all tracks of a title out, and return how many there were."""
        before = len(self.tracks)
        self.tracks = [track for track in self.tracks if track.title != title]
        return before - len(self.tracks)

    def titles(self):
        """Return the titles in order."""
        return [track.title for track in self.tracks]


def clock(seconds):
    """Return a time as minutes and seconds, such as 3:05."""
    return f"{seconds // 60}:{seconds % 60:02}"
