import unittest

from canvas import Canvas, CanvasError, bar_chart


class CanvasTest(unittest.TestCase):
    def test_hline(self):
        canvas = Canvas(5, 2)
        canvas.hline(1, 0, 3)
        self.assertEqual(str(canvas), " ---\n")

    def test_vline(self):
        canvas = Canvas(2, 5)
        canvas.vline(1, 1, 2)
        self.assertEqual(str(canvas).split("\n"), ["", " |", " |", "", ""])

    def test_frame_and_text(self):
        canvas = Canvas(6, 3)
        canvas.frame(0, 0, 6, 3)
        canvas.text(2, 1, "hi")
        self.assertEqual(str(canvas), "+----+\n| hi |\n+----+")

    def test_flood(self):
        canvas = Canvas(4, 3, ".")
        canvas.vline(2, 0, 3)
        self.assertEqual(canvas.flood(0, 0, "o"), 6)
        self.assertEqual(str(canvas), "oo|.\noo|.\noo|.")

    def test_outside(self):
        canvas = Canvas(2, 2)
        canvas.box(-1, -1, 2, 2)
        self.assertEqual(str(canvas), "#\n")
        with self.assertRaises(CanvasError):
            canvas.vline(0, 0, -1)

    def test_bar_chart(self):
        self.assertEqual(str(bar_chart([1, 2, 4], 4)), "    #\n    #\n  # #\n# # #")
