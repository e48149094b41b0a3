"""Several answers to one task: the best is taken, tested where nobody sees it, and repaired if it fails."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from agent import trials
from agent.allowance import Allowance
from agent.errors import AgentError, FailingTestsError, NoChangeError
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record, outcome_json
from agent.patch import Patch
from agent.sandbox import TestReport, sandbox_status
from agent.trials import judge
from agent.unfinished import Round
from agent.workspace import Workspace
from model.api import Query, Sampling
from repo_index.git import Git
from tests.agent.cli.diffs import BOTH_HUNKS, BROKEN, FILES, FIX, FIXED, NEW_FILE, NOWHERE, WRONG
from tests.agent.test_loop import User
from tests.fakes.git_repo import Repo
from tests.fakes.scripted_model import Answer, ScriptedModel

TEST = """\
import calc
assert calc.add(1, 2) == 3, "add"
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    if not sandbox_status().namespaces:
        pytest.skip(sandbox_status().detail)
    return Repo.init(tmp_path / "repo", FILES | {"check.py": (TEST.encode(), 0o644)})


def do(
    repo: Repo, answers: Sequence[Answer], user: User, n: int = 1, **options: object
) -> tuple[Record, ScriptedModel]:
    model, record = ScriptedModel(answers), Record()
    chosen = {"test_command": "python3 check.py", "sampling": Sampling(n_attempts=n)} | options
    Job(Git(repo.root), model, JobOptions(**chosen), user, record).run("fix")  # type: ignore[arg-type]
    return record, model


def test_the_attempt_that_passes_is_taken(repo: Repo) -> None:
    record, _ = do(repo, [[WRONG, BROKEN, NOWHERE, FIX, WRONG]], User(), 5)
    assert repo.files()["calc.py"][0] == FIXED
    assert record.report is not None
    assert record.report.passed
    value = outcome_json(record, None)
    ranked = value["attempts"]["ranked"]
    assert [(each["number"], each["good"], each["alike"]) for each in ranked][:2] == [(4, True, 1), (1, False, 2)]
    assert value["attempts"]["n"] == 5
    assert ranked[1]["failures"] == 1
    assert "return b - a" in ranked[1]["diff"]
    assert {each["number"]: each["diff"] for each in ranked}[2] is None


def test_an_attempt_that_only_moves_space_comes_after_the_others(repo: Repo) -> None:
    spaced = FIX.replace("return a + b", "return a  -  b")
    record, _ = do(repo, [[spaced, spaced, FIX]], User(), 3, test_command="true")
    assert repo.files()["calc.py"][0] == FIXED
    assert [(each["number"], each["good"]) for each in outcome_json(record, None)["attempts"]["ranked"]] == [
        (3, True),
        (1, True),
    ]


def test_the_tree_is_never_there_with_a_change_that_fails(repo: Repo) -> None:
    seen: list[bytes] = []

    def on_call(name: str) -> None:
        if name == "test output":
            seen.append((repo.root / "calc.py").read_bytes())

    before = repo.files()
    with pytest.raises(FailingTestsError, match="failed \\(exit code 1\\)") as caught:
        do(repo, [[WRONG, WRONG]], User(on_call), 2, test_command="echo hello; touch made.txt; python3 check.py")
    assert "AssertionError: add" in caught.value.output
    assert seen
    assert set(seen) == {FILES["calc.py"][0]}
    assert repo.files() == before


def test_uncommitted_and_ignored_files_are_seen_and_stay(repo: Repo) -> None:
    repo.write(
        {".gitignore": (b"build/\n", 0o644), "build/lib": (b"1", 0o644), "staged": (b"s", 0o644), "new": (b"n", 0o644)}
    )
    repo.run("add", "staged", ".gitignore")
    index = (repo.root / ".git/index").read_bytes()
    command = "cat build/lib staged new && echo x >> build/lib && rm new && python3 check.py"
    do(repo, [FIX], User(), test_command=command)
    assert (repo.root / "build/lib").read_bytes() == b"1"
    assert (repo.root / "new").read_bytes() == b"n"
    assert (repo.root / ".git/index").read_bytes() == index


def test_alike_attempts_are_tested_once_and_agreement_counts(repo: Repo) -> None:
    calls: list[str] = []
    record, _ = do(repo, [[BOTH_HUNKS, FIX, FIX]], User(calls.append), 3)
    assert calls.count("tests") == 1
    assert repo.files()["calc.py"][0] == FIXED
    assert [attempt.n_alike for attempt in record.attempts] == [2, 1]
    repo.run("checkout", "-q", ".")
    calls.clear()
    do(repo, [[BOTH_HUNKS, FIX, FIX]], User(calls.append), 3, tests_all=True)
    assert calls.count("tests") == 2


def test_what_fails_is_told_to_the_model(repo: Repo) -> None:
    record, model = do(repo, [[WRONG, NOWHERE], [FIX, FIX]], User(), 2, max_repairs=1)
    assert repo.files()["calc.py"][0] == FIXED
    turns = [turn.text for turn in model.queries[1].turns] + [model.queries[1].task]
    assert turns[1] == WRONG  # the better of the two
    assert "AssertionError: add" in turns[2]
    assert [each.seed for each in model.samplings] == [0, 2]
    assert len(record.rejected) == 2


def test_a_budget_goes_on_until_it_is_spent(repo: Repo) -> None:
    with pytest.raises(FailingTestsError):
        do(repo, [WRONG] * 3, User(), allowance=Allowance(tokens=150))  # an answer has 61
    record, _ = do(repo, [WRONG, NOWHERE, WRONG, FIX], User(), allowance=Allowance(seconds=600))
    assert record.status == "applied"


def test_no_progress_twice_is_the_end(repo: Repo) -> None:
    model = ScriptedModel([WRONG] * 9)
    options = JobOptions(test_command="python3 check.py", max_repairs=8)
    record = Record()
    with pytest.raises(FailingTestsError):
        Job(Git(repo.root), model, options, User(), record).run("fix")
    assert len(model.queries) == 3


def test_tests_that_failed_before_do_not_count(repo: Repo) -> None:
    repo.write(
        {
            "check.py": (
                b"import calc\nprint('FAIL: old (t.T)')\nassert calc.double(2) == 4\nraise SystemExit(1)\n",
                0o644,
            )
        }
    )
    record, _ = do(repo, [FIX], User(), allow_dirty=True)
    assert record.status == "applied"
    repo.run("checkout", "-q", "calc.py")
    _, model = do(repo, [FIX, FIX], User(), allow_dirty=True, max_repairs=1)  # it may be the change's to mend them
    assert len(model.queries) == 2
    repo.run("checkout", "-q", "calc.py")
    broken = FIX.replace(
        "+    return a + b", "+    return a + b\n \n \n def double(a):\n-    return a * 2\n+    return a * 3"
    )
    with pytest.raises(FailingTestsError):
        do(repo, [broken], User(), allow_dirty=True)


def test_a_part_that_the_user_takes_is_tested_by_itself(repo: Repo) -> None:
    user = User()
    user.takes = lambda patch: Patch(patch.files[1:])
    with pytest.raises(FailingTestsError):
        do(repo, [FIX + NEW_FILE], user)
    assert repo.files()["calc.py"] == FILES["calc.py"]


def test_no_attempt_at_all(repo: Repo) -> None:
    with pytest.raises(NoChangeError):
        do(repo, [["I would rather not.", "No."]], User(), 2)


def test_a_red_run_is_judged_by_what_the_tree_itself_fails() -> None:
    def red(tail: str, code: int = 1, *, timed_out: bool = False) -> TestReport:
        return TestReport("t", code, 0.0, tail, timed_out=timed_out)

    old, both = "FAIL: a (t)\n", "FAIL: a (t)\nFAIL: b (t)\n"
    assert judge(red(old), [red(old)]).passed
    assert judge(red(old), [red(both)]).passed
    assert not judge(red(both), [red(old)]).passed
    assert judge(red(both), [red(old)]).new_failures == {"b (t)"}
    assert not judge(red(""), [red("")]).passed  # nothing is known of what failed
    assert not judge(red(old, 2), [red(old)]).passed
    assert not judge(red(old, timed_out=True), [red(old)]).passed
    assert not judge(red(old), [red(old, 0)]).passed


@pytest.mark.parametrize(("again", "flaky"), [("FAIL: a (t)\nFAIL: b (t)\n", {"b (t)"}), ("FAIL: a (t)\n", set())])
def test_what_fails_now_and_then_without_the_change_does_not_count(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, again: str, flaky: set[str]
) -> None:
    outputs = iter(["FAIL: a (t)\nFAIL: b (t)\n", "FAIL: a (t)\n", again])

    def run(command: str, *_: object, **__: object) -> TestReport:
        return TestReport(command, 1, 0.0, next(outputs), timed_out=False)

    monkeypatch.setattr(trials, "run_tests", run)
    record, error = Record(), None
    try:
        Job(Git(repo.root), ScriptedModel([FIX]), JobOptions(test_command="t"), User(), record).run("fix")
    except FailingTestsError as raised:
        error = raised
    assert record.flaky == flaky
    assert (error is None) is bool(flaky)
    assert next(outputs, None) is None  # the tree was tested twice


def test_the_tree_is_tested_again_only_where_that_can_matter(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    def run(command: str, *_: object, **__: object) -> TestReport:
        runs.append(command)
        return TestReport(command, 1, 0.0, "FAIL: a (t)\n", timed_out=False)

    monkeypatch.setattr(trials, "run_tests", run)
    do(repo, [[FIX, WRONG]], User(), 2)
    assert len(runs) == 3  # two attempts, and the tree once: both fail what it fails


@pytest.mark.parametrize(
    ("text", "seconds", "tokens"),
    [
        ("90s", 90, None),
        ("10m", 600, None),
        ("1.5h", 5400, None),
        ("50k-tokens", None, 50_000),
        ("7-tokens", None, 7),
    ],
)
def test_allowances(text: str, seconds: float | None, tokens: int | None) -> None:
    assert Allowance.parse(text) == Allowance(seconds, tokens)


@pytest.mark.parametrize("text", ["", "10", "m", "0s", "10 minutes", "-5m", "5k"])
def test_what_is_no_allowance(text: str) -> None:
    with pytest.raises(ValueError, match="is no limit: write 90s"):
        Allowance.parse(text)


def test_an_allowance_is_spent() -> None:
    assert Allowance(tokens=10).is_spent(10)
    assert not Allowance(tokens=10).is_spent(9)
    short = Allowance(seconds=0.01)
    time.sleep(0.02)
    assert short.is_spent(0)


JOB = """\
import sys
from pathlib import Path
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record
from model.api import Query, Sampling
from repo_index.git import Git
from tests.agent.cli.diffs import FIX, NEW_FILE, WRONG
from tests.agent.test_loop import User
from tests.fakes.scripted_model import ScriptedModel

root, marker = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
command = f"(sleep {marker} &); echo x > made; rm -f docs/use.md; sleep 0.1; python3 check.py"
options = JobOptions(test_command=command, sampling=Sampling(n_attempts=3))
Job(Git(root), ScriptedModel([[WRONG, FIX + NEW_FILE, WRONG]]), options, User(), Record()).run("fix")
"""


def test_killed_at_any_moment_the_tree_is_as_before_or_after(repo: Repo) -> None:
    """Uncommitted work included, and nothing that the tests started goes on."""
    repo.write({"check.py": (TEST.encode() + b"# mine\n", 0o644), "untracked": (b"u", 0o600)})
    before = repo.files()
    after = before | {"calc.py": (FIXED, 0o644), "docs/new/notes.md": (b"notes\n", 0o644)}
    marker = f"4{time.time_ns() % 10**8}"
    seen = set()
    for number in range(100):
        if number > 15 and seen == {False, True}:  # on a busy machine it takes longer until one is through
            break
        job = subprocess.Popen(
            [sys.executable, "-c", JOB, str(repo.root), marker], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert job.stdout is not None
        job.stdout.readline()
        time.sleep(0.12 * number)
        job.kill()
        job.communicate()
        Workspace(Git(repo.root)).recover()
        assert repo.files() in (before, after)
        seen.add(repo.files() == after)
        if repo.files() == after:
            Workspace(Git(repo.root)).undo()
            assert repo.files() == before
    assert seen == {False, True}
    deadline = time.monotonic() + 10
    while _running(f"sleep {marker}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(f"sleep {marker}")


def _running(command: str) -> bool:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return command in listing.splitlines()


def test_a_proposal_is_tested_too_and_nothing_is_changed(repo: Repo) -> None:
    before = repo.files()
    record, _ = do(repo, [[WRONG, FIX]], User(), 2, apply=False)
    assert (record.status, record.report is not None and record.report.passed) == ("proposed", True)
    assert "a + b" in record.diff_text
    record = Record()
    with pytest.raises(FailingTestsError):
        Job(
            Git(repo.root),
            ScriptedModel([WRONG]),
            JobOptions(test_command="python3 check.py", apply=False),
            User(),
            record,
        ).run("fix")
    assert outcome_json(record, None)["tests"]["exit_code"] == 1
    assert repo.files() == before


DOUBLE = "import calc\nassert calc.add(1, 2) == 3, 'add'\nassert calc.double(3) == 9, 'double'\n"
TRIPLED = "--- a/calc.py\n+++ b/calc.py\n@@\n def double(a):\n-    return a * 2\n+    return a * 3\n"


def test_what_made_a_difference_stays_and_the_next_diff_is_written_on_top(repo: Repo) -> None:
    repo.write({"check.py": (DOUBLE.encode(), 0o644)})
    record, model = do(repo, [FIX, TRIPLED], User(), allow_dirty=True, max_repairs=1)
    assert repo.files()["calc.py"][0] == FIXED.replace(b"a * 2", b"a * 3")
    assert "Your diff was applied, but it is not enough" in model.queries[1].task
    edits = model.edits[1]
    assert edits is not None
    assert "    return a + b" in edits.files["calc.py"]
    assert [turn.text for turn in record.said][-1] == record.diff_text
    assert "a * 3" in record.diff_text
    assert "a + b" in record.diff_text


def test_what_made_no_difference_does_not_stay(repo: Repo) -> None:
    note = "--- a/calc.py\n+++ b/calc.py\n@@\n+# a note\n def add(a, b):\n     return a - b\n"
    _, model = do(repo, [note, FIX], User(), max_repairs=1)
    assert repo.files()["calc.py"][0] == FIXED
    assert "Your diff was not taken" in model.queries[1].task


def test_what_does_worse_is_forgotten(repo: Repo) -> None:
    test = "import calc\nn = calc.double(1)\nfor i in range(n):\n    print(f'FAIL: {i} (t)')\nraise SystemExit(n)\n"
    repo.write({"check.py": (test.encode(), 0o644)})
    better, worse, best = (TRIPLED.replace("a * 2", f"a * {old}").replace("a * 3", f"a * {new}")
                           for old, new in ((2, 1), (1, 3), (1, 0)))  # fmt: skip
    _, model = do(repo, [better, worse, best], User(), allow_dirty=True, max_repairs=2)
    assert model.queries[2].task == model.queries[1].task
    assert b"a * 0" in repo.files()["calc.py"][0]


def test_the_best_that_fails_only_what_failed_before_is_taken_when_no_round_follows(repo: Repo) -> None:
    test = b"import calc\nprint('FAIL: old (t.T)')\nassert calc.double(2) == 4\nraise SystemExit(1)\n"
    repo.write({"check.py": (test, 0o644)})
    worse = TRIPLED.replace("a * 3", "a * 5")
    record, model = do(repo, [FIX, worse, worse, worse], User(), allow_dirty=True, max_repairs=3)
    assert repo.files()["calc.py"][0] == FIXED
    assert record.status == "applied"
    assert len(model.queries) == 3  # no progress twice in a row


def test_what_was_good_before_an_interruption_can_still_be_the_best(repo: Repo) -> None:
    test = b"import calc\nprint('FAIL: old (t.T)')\nassert calc.double(2) == 4\nraise SystemExit(1)\n"
    repo.write({"check.py": (test, 0o644)})
    options = JobOptions(test_command="python3 check.py", allow_dirty=True, max_repairs=1)

    def interrupt(_: Query) -> NoReturn:
        raise KeyboardInterrupt

    kept: list[Sequence[Round]] = []
    job = Job(Git(repo.root), ScriptedModel([FIX, interrupt]), options, User(), Record(), keep=kept.append)
    with pytest.raises(KeyboardInterrupt):
        job.run("fix")
    model, record = ScriptedModel([TRIPLED]), Record()
    Job(Git(repo.root), model, options, User(), record).run("fix", rounds=kept[-1])
    assert repo.files()["calc.py"][0] == FIXED
    assert (len(model.queries), len(record.completions)) == (1, 2)


@pytest.mark.parametrize("n_before", [1, 2])
def test_an_interrupted_job_goes_through_the_rounds_of_one_that_was_not(repo: Repo, n_before: int) -> None:
    answers = [WRONG, BROKEN, NOWHERE]
    options = JobOptions(test_command="python3 check.py", max_repairs=2)

    def rounds(answers: Sequence[Answer], known: Sequence[Round] = ()) -> Sequence[Round]:
        kept = [known]
        job = Job(Git(repo.root), ScriptedModel(answers), options, User(), Record(), keep=kept.append)
        with pytest.raises((KeyboardInterrupt, AgentError)):
            job.run("fix", rounds=known)
        return kept[-1]

    def interrupt(_: Query) -> NoReturn:
        raise KeyboardInterrupt

    resumed = rounds(answers[n_before:], rounds([*answers[:n_before], interrupt]))
    assert [_told(each) for each in resumed] == [_told(each) for each in rounds(answers)]


def _told(each: Round) -> tuple[object, ...]:
    return [turn.text for turn in each.said], [answer.text for answer in each.answers], each.base
