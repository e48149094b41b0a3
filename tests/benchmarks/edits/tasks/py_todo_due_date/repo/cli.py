"""The command line: add, done and list."""

import argparse
import sys

import storage
import view


def build_parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="todo")
    parser.add_argument("--file", default="todo.jsonl")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a todo")
    add.add_argument("title")
    done = commands.add_parser("done", help="mark a todo as done")
    done.add_argument("number", type=int)
    show = commands.add_parser("list", help="show what is to do")
    show.add_argument("--all", action="store_true", help="show what is done too")
    return parser


def main(argv=None):
    """Run a command, and return the exit code."""
    arguments = build_parser().parse_args(argv)
    todo_list = storage.load(arguments.file)
    if arguments.command == "add":
        todo = todo_list.add(arguments.title)
        print(f"added {todo.number}")
    elif arguments.command == "done":
        try:
            todo_list.finish(arguments.number)
        except KeyError:
            print(f"todo: there is no number {arguments.number}", file=sys.stderr)
            return 1
    else:
        todos = todo_list.todos if arguments.all else todo_list.open()
        print(view.listing(todos))
        return 0
    storage.save(arguments.file, todo_list)
    return 0


if __name__ == "__main__":
    sys.exit(main())
