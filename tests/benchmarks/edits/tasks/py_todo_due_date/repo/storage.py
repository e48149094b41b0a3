"""Todos in a file: one JSON object per line."""

import json
from pathlib import Path

from model import Todo, TodoList


def load(path):
    """Return the todos in a file, none if there is no file yet."""
    path = Path(path)
    if not path.exists():
        return TodoList()
    todos = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        todos.append(Todo(fields["number"], fields["title"], fields["done"]))
    return TodoList(todos)


def save(path, todo_list):
    """Write the todos to a file."""
    lines = []
    for todo in todo_list.todos:
        fields = {"number": todo.number, "title": todo.title, "done": todo.done}
        lines.append(json.dumps(fields) + "\n")
    Path(path).write_text("".join(lines), encoding="utf-8")
