import unittest

from editor import EditError, Editor
from shell import Shell


class EditorTest(unittest.TestCase):
    def test_edits(self):
        editor = Editor("one\ntwo\n")
        editor.append("three")
        editor.insert(1, "zero")
        self.assertEqual(editor.delete(2), "one")
        editor.move(3, 1)
        self.assertEqual(editor.text, "three\nzero\ntwo\n")

    def test_no_such_line(self):
        with self.assertRaises(EditError):
            Editor("one").delete(2)

    def test_undo_and_redo(self):
        editor = Editor("one\n")
        self.assertFalse(editor.undo())
        editor.append("two")
        editor.delete(1)
        self.assertTrue(editor.undo())
        self.assertEqual(editor.text, "one\ntwo\n")
        self.assertTrue(editor.redo())
        self.assertEqual(editor.text, "two\n")
        editor.undo()
        editor.undo()
        self.assertEqual(editor.text, "one\n")
        editor.append("three")
        self.assertFalse(editor.redo())

    def test_errors_are_no_steps(self):
        editor = Editor("one\n")
        with self.assertRaises(EditError):
            editor.delete(9)
        self.assertFalse(editor.undo())


class ShellTest(unittest.TestCase):
    def test_commands(self):
        shell = Shell()
        for command in ("append to be", "append not to be", "insert 2 or"):
            self.assertEqual(shell.run(command), "")
        self.assertEqual(shell.run("replace be see"), "2 replaced")
        self.assertEqual(shell.run("print"), "to see\nor\nnot to see\n")

    def test_errors(self):
        shell = Shell()
        self.assertEqual(shell.run("delete 4"), "error: there is no line 4")
        self.assertEqual(shell.run("delete x"), "error: wrong arguments")
        self.assertEqual(shell.run("dance"), "unknown command dance")

    def test_undo(self):
        shell = Shell()
        self.assertEqual(shell.run("undo"), "nothing to undo")
        shell.run("append one")
        self.assertEqual(shell.run("undo"), "")
        self.assertEqual(shell.run("print"), "")
        self.assertEqual(shell.run("redo"), "")
        self.assertEqual(shell.run("redo"), "nothing to redo")
