"""What a todo is."""

from dataclasses import dataclass


@dataclass
class Todo:
    """Something to do. The number is how the user refers to it."""

    number: int
    title: str
    done: bool = False


class TodoList:
    """Todos, in the order in which they were added."""

    def __init__(self, todos=()):
        self.todos = list(todos)

    def add(self, title):
        """Add a todo, and return it."""
        number = max((todo.number for todo in self.todos), default=0) + 1
        todo = Todo(number, title)
        self.todos.append(todo)
        return todo

    def finish(self, number):
        """Mark a todo as done; raises KeyError if there is no such number."""
        for todo in self.todos:
            if todo.number == number:
                todo.done = True
                return todo
        raise KeyError(number)

    def open(self):
        """Return the todos that are not done."""
        return [todo for todo in self.todos if not todo.done]
