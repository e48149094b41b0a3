import unittest

from editor import EditError, Editor
from history import History
from shell import Shell


class EditorTest(unittest.TestCase):
    def setUp(self):
        self.editor = Editor("a\nb\nc\n")

    def test_there_is_a_class(self):
        self.assertIsInstance(History, type)

    def test_nothing(self):
        self.assertIs(self.editor.undo(), False)
        self.assertIs(self.editor.redo(), False)
        self.assertEqual(self.editor.text, "a\nb\nc\n")

    def test_each_edit(self):
        edits = [
            lambda editor: editor.append("d"),
            lambda editor: editor.insert(2, "x"),
            lambda editor: editor.delete(1),
            lambda editor: editor.replace("b", "bb"),
            lambda editor: editor.move(1, 3),
        ]
        for number, edit in enumerate(edits):
            with self.subTest(number=number):
                editor = Editor("a\nb\nc\n")
                edit(editor)
                changed = editor.text
                self.assertNotEqual(changed, "a\nb\nc\n")
                self.assertTrue(editor.undo())
                self.assertEqual(editor.text, "a\nb\nc\n")
                self.assertFalse(editor.undo())
                self.assertTrue(editor.redo())
                self.assertEqual(editor.text, changed)
                self.assertFalse(editor.redo())

    def test_many_steps(self):
        texts = [self.editor.text]
        for number in range(50):
            self.editor.append(str(number))
            texts.append(self.editor.text)
        for text in reversed(texts[:-1]):
            self.assertTrue(self.editor.undo())
            self.assertEqual(self.editor.text, text)
        self.assertFalse(self.editor.undo())
        for text in texts[1:]:
            self.assertTrue(self.editor.redo())
            self.assertEqual(self.editor.text, text)
        self.assertFalse(self.editor.redo())

    def test_new_edit_forgets(self):
        self.editor.append("d")
        self.editor.undo()
        self.editor.append("e")
        self.assertFalse(self.editor.redo())
        self.assertEqual(self.editor.text, "a\nb\nc\ne\n")
        self.assertTrue(self.editor.undo())
        self.assertEqual(self.editor.text, "a\nb\nc\n")

    def test_failed_edit_is_no_step(self):
        self.editor.append("d")
        for edit in (
            lambda: self.editor.delete(9),
            lambda: self.editor.insert(0, "x"),
            lambda: self.editor.move(1, 9),
            lambda: self.editor.replace("", "x"),
        ):
            with self.assertRaises(EditError):
                edit()
        self.assertTrue(self.editor.undo())
        self.assertEqual(self.editor.text, "a\nb\nc\n")
        with self.assertRaises(EditError):
            self.editor.delete(9)
        self.assertTrue(self.editor.redo())
        self.assertEqual(self.editor.text, "a\nb\nc\nd\n")

    def test_editors_are_apart(self):
        other = Editor("x\n")
        self.editor.append("d")
        self.assertFalse(other.undo())
        self.assertTrue(self.editor.undo())

    def test_results_stay(self):
        self.assertEqual(self.editor.delete(2), "b")
        self.assertEqual(self.editor.replace("a", "x"), 1)
        self.assertEqual(self.editor.line(1), "x")
        self.assertEqual(len(self.editor), 2)


class ShellTest(unittest.TestCase):
    def test_commands(self):
        shell = Shell()
        shell.run("append one")
        shell.run("append two")
        self.assertEqual(shell.run("undo"), "")
        self.assertEqual(shell.run("print"), "one\n")
        self.assertEqual(shell.run("redo"), "")
        self.assertEqual(shell.run("print"), "one\ntwo\n")

    def test_nothing(self):
        shell = Shell()
        self.assertEqual(shell.run("undo"), "nothing to undo")
        self.assertEqual(shell.run("redo"), "nothing to redo")
        shell.run("append one")
        shell.run("undo")
        self.assertEqual(shell.run("undo"), "nothing to undo")

    def test_failed_command(self):
        shell = Shell(Editor("one\n"))
        self.assertEqual(shell.run("delete 4"), "error: there is no line 4")
        self.assertEqual(shell.run("undo"), "nothing to undo")
