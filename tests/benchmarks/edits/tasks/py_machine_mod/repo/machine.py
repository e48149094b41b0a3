"""A stack machine that runs small programs.

A program has one instruction on a line, in lower case. What follows a ; is a comment, and a word with a colon at its
end is a label, which jumps name:

    push 3
    again:
    dup
    print        ; 3 2 1
    push 1
    sub
    dup
    jumpif again

The machine knows whole numbers only.
"""

MAX_STEPS = 10_000
MAX_STACK = 256

# What follows an instruction: nothing, a number, the name of a variable, or a label
OPERANDS = {
    "push": "number",
    "pop": None,
    "dup": None,
    "swap": None,
    "add": None,
    "sub": None,
    "mul": None,
    "div": None,
    "neg": None,
    "equal": None,
    "less": None,
    "greater": None,
    "not": None,
    "store": "name",
    "load": "name",
    "jump": "label",
    "jumpif": "label",
    "print": None,
    "halt": None,
}


class MachineError(Exception):
    """A program cannot be read, or went wrong; says in which line."""

    def __init__(self, line, message):
        super().__init__(f"line {line}: {message}")
        self.line = line


class Instruction:
    """An instruction, what follows it, and the line where it stands."""

    def __init__(self, name, operand, line):
        self.name = name
        self.operand = operand
        self.line = line

    def __str__(self):
        if self.operand is None:
            return self.name
        return f"{self.name} {self.operand}"


def _words(text):
    """Yield the number of each line that is not empty, and its words."""
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split(";")[0].split()
        if words:
            yield number, words


def parse(text):
    """Return the instructions of a program, and where its labels lead to."""
    program = []
    labels = {}
    for line, words in _words(text):
        if len(words) == 1 and words[0].endswith(":"):
            label = words[0][:-1]
            if not label.isidentifier():
                raise MachineError(line, f"not a label: {label!r}")
            if label in labels:
                raise MachineError(line, f"there is a label {label} already")
            labels[label] = len(program)
            continue
        name = words[0]
        if name not in OPERANDS:
            raise MachineError(line, f"unknown instruction {name}")
        expected = OPERANDS[name]
        if expected is None:
            if len(words) > 1:
                raise MachineError(line, f"nothing follows {name}")
            program.append(Instruction(name, None, line))
            continue
        if len(words) != 2:
            raise MachineError(line, f"a {expected} follows {name}")
        operand = words[1]
        if expected == "number":
            try:
                operand = int(operand)
            except ValueError:
                raise MachineError(line, f"not a number: {operand}") from None
        elif not operand.isidentifier():
            raise MachineError(line, f"not a {expected}: {operand}")
        program.append(Instruction(name, operand, line))
    for instruction in program:
        if OPERANDS[instruction.name] == "label" and instruction.operand not in labels:
            raise MachineError(instruction.line, f"there is no label {instruction.operand}")
    return program, labels


class Machine:
    """Runs one program."""

    def __init__(self, text):
        self.program, self.labels = parse(text)
        self.stack = []
        self.variables = {}
        self.output = []
        self.position = 0
        self.steps = 0

    def _pop(self, line):
        if not self.stack:
            raise MachineError(line, "the stack is empty")
        return self.stack.pop()

    def _push(self, line, value):
        if len(self.stack) == MAX_STACK:
            raise MachineError(line, "the stack is full")
        self.stack.append(value)

    def run(self):
        """Run the program to its end and return what it printed."""
        while self.position < len(self.program):
            if self.steps == MAX_STEPS:
                raise MachineError(self.program[self.position].line, "the program does not end")
            self.steps += 1
            if not self._step(self.program[self.position]):
                break
        return self.output

    def _step(self, instruction):
        """Run one instruction; false at the end of the program."""
        name = instruction.name
        line = instruction.line
        self.position += 1

        # The stack
        if name == "push":
            self._push(line, instruction.operand)
        elif name == "pop":
            self._pop(line)
        elif name == "dup":
            a = self._pop(line)
            self._push(line, a)
            self._push(line, a)
        elif name == "swap":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, b)
            self._push(line, a)

        # Numbers
        elif name == "add":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, a + b)
        elif name == "sub":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, a - b)
        elif name == "mul":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, a * b)
        elif name == "div":
            b = self._pop(line)
            a = self._pop(line)
            if b == 0:
                raise MachineError(line, "division by zero")
            self._push(line, a // b)
        elif name == "neg":
            a = self._pop(line)
            self._push(line, -a)

        # Comparisons
        elif name == "equal":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, int(a == b))
        elif name == "less":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, int(a < b))
        elif name == "greater":
            b = self._pop(line)
            a = self._pop(line)
            self._push(line, int(a > b))
        elif name == "not":
            a = self._pop(line)
            self._push(line, int(a == 0))

        # Variables
        elif name == "store":
            self.variables[instruction.operand] = self._pop(line)
        elif name == "load":
            if instruction.operand not in self.variables:
                raise MachineError(line, f"there is no variable {instruction.operand}")
            self._push(line, self.variables[instruction.operand])

        # The course of the program
        elif name == "jump":
            self.position = self.labels[instruction.operand]
        elif name == "jumpif":
            if self._pop(line) != 0:
                self.position = self.labels[instruction.operand]
        elif name == "print":
            self.output.append(self._pop(line))
        elif name == "halt":
            return False
        return True


def listing(text):
    """Return a program in a neat form: labels at the left, instructions indented, no comments."""
    program, labels = parse(text)
    lines = []
    for position, instruction in enumerate(program):
        lines.extend(f"{label}:" for label, target in labels.items() if target == position)
        lines.append(f"    {instruction}")
    lines.extend(f"{label}:" for label, target in labels.items() if target == len(program))
    return "\n".join(lines)


def run(text):
    """Run a program and return what it printed."""
    return Machine(text).run()
