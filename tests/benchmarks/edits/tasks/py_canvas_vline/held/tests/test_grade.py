import unittest

from canvas import Canvas, CanvasError, bar_chart


def rows(canvas):
    return str(canvas).split("\n")


class GradeTest(unittest.TestCase):
    def test_vline(self):
        for length in range(5):
            canvas = Canvas(3, 6)
            canvas.vline(1, 1, length)
            self.assertEqual(canvas.count("|"), length)
            self.assertEqual([canvas.get(1, y) for y in range(6)], [" "] + ["|"] * length + [" "] * (5 - length))

    def test_vline_with_other_ink(self):
        canvas = Canvas(2, 3, ".")
        canvas.vline(0, 0, 2, "!")
        self.assertEqual(rows(canvas), ["!.", "!.", ".."])

    def test_vline_is_cut_off(self):
        canvas = Canvas(1, 3)
        canvas.vline(0, 1, 10)
        self.assertEqual(rows(canvas), ["", "|", "|"])
        canvas.clear()
        canvas.vline(0, -2, 3)
        self.assertEqual(rows(canvas), ["|", "", ""])
        canvas.vline(5, 0, 3)
        self.assertEqual(canvas.count("|"), 1)

    def test_bad_length(self):
        canvas = Canvas(2, 2)
        for draw in (canvas.hline, canvas.vline, canvas.hline_dotted, canvas.vline_dotted, canvas.diagonal):
            with self.assertRaises(CanvasError):
                draw(0, 0, -1)
        with self.assertRaises(CanvasError):
            canvas.vline(0, 0, 1, "ab")

    def test_the_other_lines(self):
        canvas = Canvas(6, 6)
        canvas.hline(0, 0, 3)
        self.assertEqual(rows(canvas)[0], "---")
        canvas.clear()
        canvas.hline_dotted(0, 0, 4)
        self.assertEqual(rows(canvas)[0], "- -")
        canvas.clear()
        canvas.vline_dotted(0, 0, 4)
        self.assertEqual([canvas.get(0, y) for y in range(6)], ["|", " ", "|", " ", " ", " "])
        canvas.clear()
        canvas.diagonal(0, 0, 3)
        self.assertEqual(canvas.count("\\"), 3)

    def test_areas(self):
        canvas = Canvas(4, 4)
        canvas.box(0, 0, 2, 3)
        self.assertEqual(canvas.count("#"), 6)
        canvas.clear()
        canvas.frame(0, 0, 4, 4)
        self.assertEqual(rows(canvas), ["+--+", "|  |", "|  |", "+--+"])
        self.assertEqual(str(bar_chart([1, 2, 4], 4)), "    #\n    #\n  # #\n# # #")
