"""Members that a Python class uses of itself and nothing gives it: `self.phone` in a class without `phone`."""

import ast
import builtins
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_ASKS_ANYTHING = frozenset({
    "setattr", "hasattr", "vars", "__dict__", "__getattr__", "__getattribute__", "__setattr__", "exec",
})  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})  # without a decorator
# What these make of a class is known; any other decorator may add members.
_DECORATORS = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable"})


class Found(NamedTuple):
    """What is wrong, where it shows, and where it would be mended, if it has its place; lines count from 1."""

    what: str
    line: int
    place: int | None = None


def unknown_members(tree: ast.Module) -> Iterator[Found]:
    """Yield the uses of members that no class of the file has and no line of it stores.

    A class with a base or a decorator that is not known here may have any member; so may all where names are computed.
    A method that is missing has its place anywhere.
    """
    nodes = list(ast.walk(tree))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)} | {node.attr for node in attributes}
    members = {name for class_ in classes.values() for statement in class_.body for name in _bound(statement)}
    if _ASKS_ANYTHING & (used | members):
        return
    members |= {node.attr for node in attributes if not isinstance(node.ctx, ast.Load)}
    for class_ in classes.values():
        inherited = _inherited(class_, classes, frozenset())
        if inherited is None:
            continue
        for use, is_called in _uses(class_):
            if use.attr not in members | inherited and not use.attr.startswith("__"):
                yield Found(f"{class_.name}.{use.attr}", use.lineno, None if is_called else _place(class_))


def _inherited(class_: ast.ClassDef, classes: Mapping[str, ast.ClassDef], seen: frozenset[str]) -> set[str] | None:
    """Return what a class has from the language's own ones; None where it may have anything."""
    if class_.name in seen or class_.keywords or not all(map(_is_known, class_.decorator_list)):
        return None
    inherited = set(dir(object))
    for base in class_.bases:
        name = base.id if isinstance(base, ast.Name) else ""
        known = getattr(builtins, name, None)
        if name in classes:
            found = _inherited(classes[name], classes, seen | {class_.name})
        else:
            found = set(dir(known)) if isinstance(known, type) else None
        if found is None:
            return None
        inherited |= found
    return inherited


def _is_known(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) in _DECORATORS


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a class's body binds, those inside methods left out."""
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):  # under an `if`
            yield node.name


def _uses(class_: ast.ClassDef) -> Iterator[tuple[ast.Attribute, bool]]:
    """Yield what methods read of their first argument, and whether they call it."""
    for method in class_.body:
        if not isinstance(method, _FUNCTIONS) or _is_static(method):
            continue
        arguments = [each.arg for each in (*method.args.posonlyargs, *method.args.args)]
        if not arguments:
            continue
        own = arguments[0]
        nodes = [node for statement in method.body for node in _in_scope(statement, own)]
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _is_name(node.value, own):
                yield node, id(node) in called


def _in_scope(node: ast.AST, name: str) -> Iterator[ast.AST]:
    """Yield a node and those inside it, without what lies in another class, or in a function that binds the name."""
    if isinstance(node, ast.ClassDef):
        return
    if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
        own = node.args
        if any(each.arg == name for each in (*own.posonlyargs, *own.args, *own.kwonlyargs)):
            return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_scope(child, name)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_static(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = {getattr(each, "id", "") for each in method.decorator_list}
    return method.name in _CLASS_METHODS or bool(decorators & {"staticmethod", "classmethod"})


def _place(class_: ast.ClassDef) -> int:
    """Return the line where a member would be written: the constructor's, else the last field's, else the first."""
    fields = [node for node in class_.body if isinstance(node, ast.AnnAssign)]
    constructors = [node for node in class_.body if isinstance(node, _FUNCTIONS) and node.name == "__init__"]
    return (constructors or fields[-1:] or class_.body)[0].lineno
