"""Commands for the editor, as the user types them."""

from editor import EditError, Editor


class Shell:
    """Runs commands on an editor. Each has an answer, which may be empty."""

    def __init__(self, editor=None):
        self.editor = Editor() if editor is None else editor

    def run(self, command):
        """Run a command, and return the answer."""
        name, _, rest = command.strip().partition(" ")
        method = getattr(self, f"do_{name}", None)
        if method is None:
            return f"unknown command {name}"
        try:
            return method(rest) or ""
        except EditError as error:
            return f"error: {error}"
        except ValueError:
            return "error: wrong arguments"

    def do_append(self, rest):
        self.editor.append(rest)

    def do_insert(self, rest):
        number, line = rest.split(" ", 1)
        self.editor.insert(int(number), line)

    def do_delete(self, rest):
        self.editor.delete(int(rest))

    def do_replace(self, rest):
        old, new = rest.split(" ")
        return f"{self.editor.replace(old, new)} replaced"

    def do_move(self, rest):
        number, target = rest.split(" ")
        self.editor.move(int(number), int(target))

    def do_print(self, rest):
        return self.editor.text
