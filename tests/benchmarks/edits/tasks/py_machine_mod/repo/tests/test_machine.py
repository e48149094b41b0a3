import unittest

from machine import MachineError, listing, run


def program(line):
    return line.replace(", ", "\n")


class MachineTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(run(program("push 7, push 2, sub, print")), [5])
        self.assertEqual(run(program("push 7, push 2, div, neg, print")), [-3])

    def test_mod(self):
        self.assertEqual(run(program("push 14, push 4, mod, print")), [2])
        self.assertEqual(run(program("push -1, push 4, mod, print")), [3])

    def test_loop(self):
        text = "push 3\nagain:\ndup\nprint\npush 1\nsub\ndup\njumpif again"
        self.assertEqual(run(text), [3, 2, 1])

    def test_variables(self):
        self.assertEqual(run(program("push 4, store x, load x, load x, mul, print")), [16])

    def test_errors(self):
        for text, message in [
            ("push 1, add", "line 2: the stack is empty"),
            ("push 1, push 0, div", "line 3: division by zero"),
            ("push 1, push 0, mod", "line 3: division by zero"),
            ("frob", "line 1: unknown instruction frob"),
            ("dup 3", "line 1: nothing follows dup"),
            ("jump on", "line 1: there is no label on"),
            ("a:, jump a", "line 2: the program does not end"),
        ]:
            with self.assertRaises(MachineError) as caught:
                run(program(text))
            self.assertEqual(str(caught.exception), message)

    def test_listing(self):
        self.assertEqual(listing("push 1 ; one\n\n end:\nhalt"), "    push 1\nend:\n    halt")
