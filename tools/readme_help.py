"""Keep the help texts in README.md as the program prints them.

Each block stands between `<!-- help: ARGS -->` and `<!-- /help -->`. `--check` fails where one differs, `--write`
mends it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"(<!-- help: (?P<args>.*?) -->\n)(?P<body>.*?)(<!-- /help -->)", re.DOTALL)


def printed_help(args: str) -> str:
    """Return a fenced block with what `magicode ARGS` prints at 100 columns."""
    environment = os.environ | {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
    program = Path(sys.executable).with_name("magicode")
    done = subprocess.run([program, *args.split()], capture_output=True, text=True, env=environment, check=True)
    lines = (line.rstrip() for line in done.stdout.strip("\n").splitlines())
    return "```text\n" + "\n".join(lines) + "\n```\n"


def main() -> int:
    """Check or write; return the exit code."""
    old = README.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda match: match[1] + printed_help(match["args"]) + match[4], old)
    if "--write" in sys.argv:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        print("README.md is out of step with --help; run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
