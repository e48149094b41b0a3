"""Outputs of test runners, as they print them: which tests failed, and the lines that say why."""

from pathlib import Path

import pytest

from agent.failures import failed_tests, n_reasons, reasons

OUTPUTS = {
    "pytest": (
        "FAILED tests/test_a.py::test_x - assert 1 == 2\nERROR tests/test_b.py\n",
        {"tests/test_a.py::test_x", "tests/test_b.py"},
    ),
    "pytest with parameters": (
        "FAILED tests/test_a.py::test_x[a b - c] - assert - 1\nFAILED test_b.py::T::test_y[:]\n",
        {"tests/test_a.py::test_x[a b - c]", "test_b.py::T::test_y[:]"},
    ),
    "pytest with subtests": (
        "SUBFAILED(i=0) test_u.py::T::test_s - AssertionError: 0 != 5\nFAILED test_u.py::T::test_e - OSError: x\n",
        {"test_u.py::T::test_s", "test_u.py::T::test_e"},
    ),
    "unittest": ("FAIL: test_x (t.T.test_x)\nERROR: test_y (t.T)\n", {"test_x (t.T.test_x)", "test_y (t.T)"}),
    "unittest with subtests": (
        "FAIL: test_s (t.T.test_s) (i=0)\nFAIL: test_s (t.T.test_s) [note] (i=1)\n",
        {"test_s (t.T.test_s) (i=0)", "test_s (t.T.test_s) [note] (i=1)"},
    ),
    "go": ("    --- FAIL: TestA/one (0.00s)\n--- FAIL: TestA (0.01s)\n", {"TestA/one", "TestA"}),
    "go that does not build": ("FAIL\texample.org/x [build failed]\nFAIL\n", {"example.org/x [build failed]"}),
    "go, a package that panics": (
        "--- FAIL: TestA (0.01s)\nFAIL\nFAIL\tex/a\t0.003s\npanic: no\nFAIL\tex/b\t0.004s\nok  \tex/c\t0.1s\nFAIL\n",
        {"TestA", "ex/b"},
    ),
    "cargo, documentation": (
        "test src/lib.rs - add (line 5) ... FAILED\n---- src/lib.rs - add (line 5) stdout ----\n",
        {"src/lib.rs - add"},
    ),
    "cargo": ("test a::b ... FAILED\ntest c ... ok\n", {"a::b"}),
    "cargo, quietly": (". 1/2\ntests::a --- FAILED\n\nfailures:\n\n---- tests::a stdout ----\n", {"tests::a"}),
    "jest": ("  \u25cf Sum \u203a adds\n  \u25cf Console\n", {"Sum \u203a adds"}),
    "vitest": (" FAIL  src/a.test.ts > sum > adds 3ms\n", {"src/a.test.ts > sum > adds"}),
    "vitest, a file that cannot be loaded": (" FAIL  src/b.test.ts [ src/b.test.ts ]\n", {"src/b.test.ts"}),
    "TAP": ("not ok 3 - adds # time=1ms\nok 4 - b\n", {"adds"}),
    "TAP, nested": ("# Subtest: group\n    not ok 1 - inner\nnot ok 3 - group\n", {"inner", "group"}),
    "node": ("\x1b[31m\u2716 adds (0.5ms)\x1b[0m\n\u2716 failing tests:\n", {"adds"}),
    "maven": (
        "[ERROR] com.x.SumTest.adds -- Time elapsed: 0.01 s <<< FAILURE!\n[ERROR]   SumTest.adds:12 expected: <1>\n",
        {"com.x.SumTest.adds", "SumTest.adds"},
    ),
    "maven, by way of another method": ("[ERROR]   SumTest.adds:12->check:30 expected: <1>\n", {"SumTest.adds"}),
    "gradle": ("com.x.Test > adds FAILED\n", {"com.x.Test > adds"}),
    "nothing": ("all is well\nFAILED (failures=2)\n", set()),
}


@pytest.mark.parametrize(("output", "expected"), OUTPUTS.values(), ids=OUTPUTS.keys())
def test_failed_tests(output: str, expected: set[str]) -> None:
    assert failed_tests(output) == expected


def test_reasons_leave_out_what_passed() -> None:
    output = "collected 3 items\na.py ..F\n===== FAILURES =====\nassert 1 == 2\n"
    assert reasons(output, Path("/repo")) == "===== FAILURES =====\nassert 1 == 2\n"
    assert reasons("make: *** [x] Error 1\n", Path("/repo")) == "make: *** [x] Error 1\n"


NODE = """\
TAP version 13
# Subtest: good
ok 1 - good
  ---
  duration_ms: 1.1
  ...
# Subtest: bad
not ok 2 - bad
  ---
  duration_ms: 5.3
  error: |-
    1 !== 2
  stack: |-
    TestContext.<anonymous> (/work/t.test.js:2:49)
    Test.runInAsyncScope (node:async_hooks:206:9)
    Test.run (node:internal/test_runner/test:796:25)
    node:internal/per_context/primordials:482:82
  ...
ok 3 - fine
"""


def test_reasons_leave_out_what_a_runner_says_of_itself() -> None:
    said = reasons(NODE, Path("/repo"))
    assert said.startswith("not ok 2 - bad\n")
    assert "1 !== 2\n" in said
    assert "(/work/t.test.js:2:49)\n" in said
    assert "node:" not in said
    assert "ok 3" not in said


NODE_IMPORT = """\
TAP version 13
# node:internal/modules/esm/resolve:283
#     throw new ERR_MODULE_NOT_FOUND(
#           ^
# Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/work/lib/a.js' imported from /work/index.js
#     at node:internal/modules/esm/resolve:283
# Node.js v20.20.2
# Subtest: /work/test/b.test.js
not ok 1 - /work/test/b.test.js
  ---
  failureType: 'testCodeFailure'
  exitCode: 1
  error: 'test failed'
  code: 'ERR_TEST_FAILURE'
  ...
1..1
# tests 1
# duration_ms 188.2
"""


def test_what_node_says_before_the_test_that_fails_is_a_reason() -> None:
    assert reasons(NODE_IMPORT, Path("/work")).splitlines() == [
        "# node:internal/modules/esm/resolve:283",
        "#     throw new ERR_MODULE_NOT_FOUND(",
        "# Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'lib/a.js' imported from index.js",
        "not ok 1 - test/b.test.js",
    ]


RUST = """\
   Compiling cr v0.1.0 (/work)
error[E0425]: cannot find value `y` in this scope
 --> src/lib.rs:2:9
"""


@pytest.mark.parametrize(
    ("output", "first"),
    [
        (RUST, "error[E0425]"),
        ("mkdir -p build\nsrc/grid.c:12:5: error: expected ';'\n", "src/grid.c"),
        ("> javac\nsrc/A.java:3: error: cannot find symbol\n", "src/A.java"),
        ("# x\n./x.go:3:5: undefined: y\nFAIL\tx [build failed]\n", "./x.go"),
        ("> tsc\nsrc/a.ts(3,5): error TS2304: Cannot find name 'y'.\n", "src/a.ts"),
        ("[INFO] Building\n[ERROR] A.java:[3,5] cannot find symbol\n", "[ERROR]"),
    ],
)
def test_what_a_compiler_says_is_a_reason(output: str, first: str) -> None:
    assert reasons(output, Path("/repo")).startswith(first)
    assert n_reasons(output) == 1
    assert n_reasons("all is well\n") == 0
