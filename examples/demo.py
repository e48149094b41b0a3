"""`make demo`: magicode adds a password strength meter to a copy of `signup_form`, and its tests decide."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent / "signup_form"
TASK = "add a password strength meter"
TESTS = "python3 -m unittest -q"
MAGICODE = Path(sys.executable).with_name("magicode")


def show(command: str) -> None:
    """Print a command as the user would type it."""
    print(f"\n$ {command}", flush=True)


def run(*command: str | Path, cwd: Path) -> int:
    """Run a command on this terminal and return its exit code."""
    return subprocess.run(command, cwd=cwd, check=False).returncode


def main() -> int:
    """Run the demonstration and return its exit code."""
    started = time.perf_counter()
    repository = Path(tempfile.mkdtemp(prefix="magicode-demo-")) / EXAMPLE.name
    shutil.copytree(EXAMPLE, repository, ignore=shutil.ignore_patterns("__pycache__"))
    identity = ("-c", "user.name=Demo", "-c", "user.email=demo@example.org")
    run("git", "init", "--quiet", cwd=repository)
    run("git", "add", "--all", cwd=repository)
    run("git", *identity, "commit", "--quiet", "--message", "A sign-up form", cwd=repository)
    print(f"A copy of examples/{EXAMPLE.name} lies in {repository}")
    show(f'magicode "{TASK}" --yes --usage --test-cmd "{TESTS}"')
    code = run(MAGICODE, TASK, "--yes", "--usage", "--test-cmd", TESTS, cwd=repository)
    if code == 0:
        show("git diff --stat")
        run("git", "--no-pager", "diff", "--stat", cwd=repository)
    print(f"\nDemo {'done' if code == 0 else f'failed (exit code {code})'} in {time.perf_counter() - started:.1f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
