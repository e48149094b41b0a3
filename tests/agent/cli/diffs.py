"""A small repository with a bug, and what models answer about it."""

from tests.fakes.git_repo import Files

FILES: Files = {
    "calc.py": (b"def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a * 2\n", 0o644),
    "docs/use.md": (b"# Use\n\nadd and double\n", 0o644),
}

FIX = """\
--- a/calc.py
+++ b/calc.py
@@
 def add(a, b):
-    return a - b
+    return a + b
"""
FIXED = b"def add(a, b):\n    return a + b\n\n\ndef double(a):\n    return a * 2\n"
# Right in form and wrong in sense.
WRONG = FIX.replace("a + b", "b - a")
BOTH_HUNKS = (
    FIX
    + """\
@@
 def double(a):
-    return a * 2
+    return a + a
"""
)
NEW_FILE = """\
--- /dev/null
+++ b/docs/new/notes.md
@@
+notes
"""
NOWHERE = FIX.replace("a - b", "a / b")
BROKEN = FIX.replace("return a + b", "return (a + b")
SAME = """\
--- a/calc.py
+++ b/calc.py
@@
-def add(a, b):
+def add(a, b):
"""
ESCAPE = NEW_FILE.replace("docs/new/notes.md", "../outside.md")
WORKFLOW = NEW_FILE.replace("docs/new/notes.md", ".github/workflows/x.yml")
