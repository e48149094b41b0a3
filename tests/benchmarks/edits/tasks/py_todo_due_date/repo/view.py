"""How todos look in the terminal."""


def line(todo):
    """Return a todo as a line."""
    mark = "x" if todo.done else " "
    return f"{todo.number} [{mark}] {todo.title}"


def listing(todos):
    """Return todos as lines, or a word if there are none."""
    if not todos:
        return "nothing to do"
    return "\n".join(line(todo) for todo in todos)
