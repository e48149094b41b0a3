"""A calculator for terms such as `2 * (price + 3)`.

The text becomes tokens, the tokens a tree, and the tree a number.
"""

from dataclasses import dataclass


class CalcError(Exception):
    """The term is wrong, or has no value."""


# The tree


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Negative:
    """A minus in front of a term."""

    term: object


@dataclass(frozen=True)
class Binary:
    """Two terms with an operator in between."""

    operator: str
    left: object
    right: object


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple


FUNCTIONS = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": round,
}

# The higher, the tighter it binds.
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
NEGATIVE_PRECEDENCE = 3


# Tokens


def tokenize(text):
    """Return the tokens of a term: pairs of a kind and a text."""
    tokens = []
    position = 0
    while position < len(text):
        char = text[position]
        start = position
        if char.isspace():
            position += 1
        elif char.isdigit() or char == ".":
            while position < len(text) and (text[position].isdigit() or text[position] == "."):
                position += 1
            tokens.append(("number", text[start:position]))
        elif char.isalpha() or char == "_":
            while position < len(text) and (text[position].isalnum() or text[position] == "_"):
                position += 1
            tokens.append(("name", text[start:position]))
        elif char in "+-*/":
            position += 1
            tokens.append(("operator", char))
        elif char in "(),":
            position += 1
            tokens.append((char, char))
        else:
            raise CalcError(f"{char!r} at {position} is not part of a term")
    tokens.append(("end", ""))
    return tokens


# Tokens to a tree


class Parser:
    """Makes a tree of tokens, by recursive descent."""

    def __init__(self, tokens):
        self._tokens = tokens
        self._position = 0

    def parse(self):
        """Return the tree of all the tokens."""
        tree = self._sum()
        self._expect("end")
        return tree

    def _sum(self):
        tree = self._product()
        while self._peek() in (("operator", "+"), ("operator", "-")):
            operator = self._next()[1]
            tree = Binary(operator, tree, self._product())
        return tree

    def _product(self):
        tree = self._signed()
        while self._peek() in (("operator", "*"), ("operator", "/")):
            operator = self._next()[1]
            tree = Binary(operator, tree, self._signed())
        return tree

    def _signed(self):
        if self._peek() == ("operator", "-"):
            self._next()
            return Negative(self._signed())
        return self._atom()

    def _atom(self):
        kind, text = self._next()
        if kind == "number":
            try:
                return Number(float(text))
            except ValueError:
                raise CalcError(f"{text!r} is not a number") from None
        if kind == "name":
            if self._peek()[0] == "(":
                return Call(text, self._arguments())
            return Name(text)
        if kind == "(":
            tree = self._sum()
            self._expect(")")
            return tree
        raise CalcError(f"a term cannot go on with {text!r}" if text else "the term ends too early")

    def _arguments(self):
        self._expect("(")
        arguments = [self._sum()]
        while self._peek()[0] == ",":
            self._next()
            arguments.append(self._sum())
        self._expect(")")
        return tuple(arguments)

    def _peek(self):
        return self._tokens[self._position]

    def _next(self):
        token = self._tokens[self._position]
        if token[0] != "end":
            self._position += 1
        return token

    def _expect(self, kind):
        found, text = self._next()
        if found != kind:
            raise CalcError(f"expected {kind}, not {text or 'the end'}")


def parse(text):
    """Return the tree of a term."""
    return Parser(tokenize(text)).parse()


# A tree to a number, or back to text


def evaluate(tree, names=None):
    """Return the value of a tree, with the values of the names in it."""
    names = names or {}
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Name):
        if tree.name not in names:
            raise CalcError(f"{tree.name} has no value")
        return float(names[tree.name])
    if isinstance(tree, Negative):
        return -evaluate(tree.term, names)
    if isinstance(tree, Binary):
        left = evaluate(tree.left, names)
        right = evaluate(tree.right, names)
        return _apply(tree.operator, left, right)
    if tree.name not in FUNCTIONS:
        raise CalcError(f"there is no function {tree.name}")
    return float(FUNCTIONS[tree.name](*[evaluate(argument, names) for argument in tree.arguments]))


def _apply(operator, left, right):
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if right == 0:
        raise CalcError("division by zero")
    return left / right


def show(tree):
    """Return a tree as text, with no more parentheses than it needs."""
    if isinstance(tree, Number):
        return f"{tree.value:g}"
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Call):
        return f"{tree.name}({', '.join(show(argument) for argument in tree.arguments)})"
    if isinstance(tree, Negative):
        return "-" + _wrap(tree.term, NEGATIVE_PRECEDENCE)
    own = PRECEDENCE[tree.operator]
    return f"{_wrap(tree.left, own)} {tree.operator} {_wrap(tree.right, own + 1)}"


def _wrap(tree, least):
    """Return a tree as text, in parentheses if it binds less than `least`."""
    text = show(tree)
    return f"({text})" if _precedence(tree) < least else text


def _precedence(tree):
    if isinstance(tree, Binary):
        return PRECEDENCE[tree.operator]
    if isinstance(tree, Negative):
        return NEGATIVE_PRECEDENCE
    return 10


def calculate(text, **names):
    """Return the value of a term."""
    return evaluate(parse(text), names)
