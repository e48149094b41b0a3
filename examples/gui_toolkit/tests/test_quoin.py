import unittest

import tally
from quoin import CrowdedError, Finger, Knurl, QuoinError, Sigil, Slab, Trough, UnfoundError


class MotesTest(unittest.TestCase):
    def test_sigils(self):
        self.assertEqual(Sigil("abc", breadth=5).lines(5, 1), ["abc  "])
        self.assertEqual(Sigil("abc", breadth=5, lean="right").lines(5, 1), ["  abc"])
        self.assertEqual(Sigil("abcdef", breadth=4).lines(4, 1), ["abc~"])
        self.assertEqual(Sigil("abcdef", breadth=4, lean="right").lines(4, 1), ["~def"])
        with self.assertRaises(QuoinError):
            Sigil("").etch("a\nb")

    def test_knurls(self):
        nudged = []
        knurl = Knurl("go", nudged.append)
        knurl.feel()
        self.assertEqual((nudged, knurl.lines(6, 1)), ([knurl], ["[ go ]"]))
        knurl.dim = True
        knurl.feel()
        self.assertEqual((knurl.nudges, knurl.lines(4, 1)), (1, ["(go)"]))

    def test_troughs(self):
        trough = Trough(4)
        self.assertEqual((trough.pour("abcdef"), trough.text), (4, "abcd"))
        self.assertEqual((trough.drain(1), trough.lines(6, 1)), ("d", ["|abc_|"]))


class SlabTest(unittest.TestCase):
    def test_places(self):
        slab = Slab(12, 3)
        trellis = slab.trellis(2)
        trellis.perch(Sigil("title"), 0, 0, stiles=2).perch_row(1, Knurl("a", print), Knurl("bcd", print))
        self.assertEqual(slab.rime(), "title\n[a] [bcd]\n")
        self.assertEqual(slab.mote_at(8, 1).text, "bcd")
        with self.assertRaises(UnfoundError):
            slab.mote_at(3, 1)
        with self.assertRaises(CrowdedError):
            trellis.perch(Sigil("x"), 1, 0)
        with self.assertRaises(CrowdedError):
            trellis.perch(Sigil("x"), 2, 2)

    def test_too_small(self):
        slab = Slab(3, 1)
        slab.trellis(1).perch(Sigil("title"), 0, 0)
        with self.assertRaises(CrowdedError):
            slab.rime()


class TallyTest(unittest.TestCase):
    def test_counting(self):
        finger = Finger(tally.build())
        finger.nudge("+1", "+1", "-1", "+1")
        self.assertEqual(finger.read(), "2")
        finger.nudge("0")
        self.assertEqual(finger.slab.rime(), "            0\n[+1] [-1] [0]")
        with self.assertRaises(UnfoundError):
            finger.nudge("+2")
