import unittest

from machine import Machine, MachineError, listing, run


def program(line):
    return line.replace(", ", "\n")


def stack(line):
    machine = Machine(program(line))
    machine.run()
    return machine.stack


class GradeTest(unittest.TestCase):
    def fails(self, line, message):
        with self.assertRaises(MachineError) as caught:
            run(program(line))
        self.assertEqual(str(caught.exception), message)

    def test_mod(self):
        self.assertEqual(stack("push 17, push 5, mod"), [2])
        self.assertEqual(stack("push 9, push 6, push 3, mod"), [9, 0])
        self.assertEqual(stack("push -7, push 3, mod"), [2])
        self.assertEqual(stack("push 3, push 7, mod"), [3])

    def test_mod_by_zero(self):
        self.fails("push 1, push 0, mod", "line 3: division by zero")
        self.fails("push 1, mod", "line 2: the stack is empty")
        self.fails("mod", "line 1: the stack is empty")

    def test_nothing_follows_them(self):
        self.fails("push 1, mod 2", "line 2: nothing follows mod")

    def test_listing(self):
        self.assertEqual(listing("mod ;x\ndiv"), "    mod\n    div")

    def test_a_program(self):
        text = """
            push 48
            store a
            push 36
            store b
        again:
            load a
            load b
            dup
            store a
            mod
            dup
            store b
            jumpif again
            load a
            print
        """
        self.assertEqual(run(text), [12])

    def test_the_others(self):
        self.assertEqual(stack("push 7, push 2, div"), [3])
        self.assertEqual(stack("push 7, push 2, swap"), [2, 7])
        self.assertEqual(stack("push 7, dup, add"), [14])
        self.assertEqual(stack("push 1, push 2, less, push 2, push 1, greater, equal, not"), [0])
        self.fails("push 1, push 0, div", "line 3: division by zero")
        self.fails("frob", "line 1: unknown instruction frob")
