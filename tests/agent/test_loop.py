"""A job with a scripted model, real git and a user made of functions."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agent.attempts import Attempt
from agent.errors import AgentError, PatchError
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record
from agent.patch import FilePatch, Patch
from agent.sandbox import TestReport
from agent.validate import ValidatedPatch
from model.api import Attended, Progress, Query
from repo_index.git import Git
from tests.agent.cli.diffs import BOTH_HUNKS, FILES, FIX, FIXED, NEW_FILE, NOWHERE, WORKFLOW
from tests.fakes.git_repo import Files, Repo
from tests.fakes.scripted_model import Answer, ScriptedModel


class User:
    """A `Ui` that agrees to everything. `on_call` hears the name of each call and may raise."""

    def __init__(self, on_call: Callable[[str], None] = lambda _: None) -> None:
        self.on_call = on_call
        self.shown = ""
        self.asked: list[str] = []
        self.takes: Callable[[Patch], Patch] = lambda patch: patch

    def on_progress(self, progress: Progress) -> None:
        self.on_call(f"progress {progress.phase}")

    def on_note(self, text: str) -> None:
        self.on_call(f"note {text}")

    def on_attended(self, attended: Attended) -> None:
        self.on_call(f"attended to {attended.n_files} of {attended.n_repository_files} files")

    def on_attempts(self, attempts: Sequence[Attempt]) -> None:
        self.on_call("attempts")

    def on_answer(self) -> None:
        self.on_call("answer")
        self.shown = ""

    def on_text(self, text: str) -> None:
        self.on_call("text")
        self.shown += text

    def on_rejected(self, error: AgentError) -> None:
        self.on_call("rejected")

    def on_tests(self, command: str) -> None:
        self.on_call("tests")

    def on_test_output(self, text: str) -> None:
        self.on_call("test output")

    def on_tested(self, report: TestReport) -> None:
        self.on_call("tested")

    def consent(self, file: FilePatch, why: str) -> bool:
        self.on_call("consent")
        self.asked.append(f"{file.path}: {why}")
        return True

    def review(self, patch: ValidatedPatch) -> Patch:
        self.on_call("review")
        return self.takes(patch.patch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", FILES)


def do(repo: Repo, answers: list[Answer], user: User, record: Record, **options: object) -> Record:
    chosen = JobOptions(sandboxed=False, **options)  # type: ignore[arg-type]
    Job(Git(repo.root), ScriptedModel(answers), chosen, user, record).run("fix")
    return record


def test_the_record_of_a_job_that_went_well(repo: Repo) -> None:
    user = User()
    record = do(repo, [FIX], user, Record(), test_command="echo fine")
    assert record.status == "applied"
    assert record.patch is not None
    assert record.diff == record.patch.render()
    assert record.change is not None
    assert [str(path) for path in record.change.paths] == ["calc.py"]
    assert record.report is not None
    assert record.report.tail == "fine\n"
    assert [turn.text for turn in record.said] == ["fix", record.diff_text]
    assert user.shown == FIX
    assert set(record.timings_s) == {"read", "encode", "decode", "check", "review", "apply", "test"}


def test_a_dry_run_says_that_it_does_not_test_where_it_cannot(repo: Repo) -> None:
    heard: list[str] = []
    record = do(repo, [FIX], User(heard.append), Record(), test_command="exit 1", apply=False)
    assert record.status == "proposed"
    assert [call for call in heard if call.startswith("note not tested")]
    assert "tests" not in heard
    assert repo.files() == FILES


CALLS = [
    "progress load", "progress prefill", "answer", "text", "consent", "review", "tests", "test output", "rejected",
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError, ZeroDivisionError])
def test_whatever_stops_a_job_leaves_the_tree_as_it_was(repo: Repo, call: str, error: type[BaseException]) -> None:
    heard: list[str] = []

    def stop(name: str) -> None:
        heard.append(name)
        if name == call:
            raise error

    record = Record()
    with pytest.raises(error):
        do(
            repo, [FIX + NEW_FILE + WORKFLOW, FIX], User(stop), record, test_command="echo no; exit 1", max_repairs=1
        )  # fmt: skip
    assert heard[-1] == call
    assert repo.files() == FILES
    assert "docs/new" not in repo.directories()
    assert (record.change, record.status, record.said) == (None, None, ())
    assert all(past.undone for past in repo.workspace().history())


def test_an_interrupt_between_applying_and_testing_takes_the_change_back(repo: Repo, tmp_path: Path) -> None:
    class Hasty(Record):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "change" and value is not None:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        do(repo, [FIX], User(), Hasty(), test_command="true")
    assert caught.value.__notes__ == ["the change was rolled back"]
    assert repo.files() == FILES


def test_a_part_that_is_taken_is_checked_again_without_asking_again(repo: Repo) -> None:
    user = User()
    user.takes = lambda patch: Patch(patch.files[1:])
    record = do(repo, [FIX + WORKFLOW], user, Record())
    assert repo.files() == dict(FILES) | {".github/workflows/x.yml": (b"notes\n", 0o644)}
    assert b"calc.py" not in record.diff
    assert user.asked == [".github/workflows/x.yml: it runs in continuous integration"]


def test_nothing_taken_is_no_change_and_no_chat(repo: Repo) -> None:
    user = User()
    user.takes = lambda _: Patch(())
    record = do(repo, [FIX], user, Record())
    assert (record.status, record.change, repo.files()) == ("declined", None, FILES)


def test_each_attempt_is_asked_about_anew(repo: Repo) -> None:
    taken: list[Patch] = []
    user = User()
    user.takes = lambda patch: (taken.append(patch), patch)[1]
    command = "python3 -B -c 'import calc; assert calc.double(2) == calc.add(2, 2) == 4'"
    record = do(repo, [BOTH_HUNKS.replace("a + b", "a * a * b"), NOWHERE, FIX], user, Record(), test_command=command,
                max_repairs=2)  # fmt: skip
    assert (len(taken), len(record.rejected), repo.files()["calc.py"][0]) == (2, 2, FIXED)
    assert len(record.said) == 6


def test_the_reason_of_the_last_attempt_is_raised(repo: Repo) -> None:
    record = Record()
    with pytest.raises(PatchError) as caught:
        do(repo, [FIX.replace("a/calc", "a/clac").replace("b/calc", "b/clac"), NOWHERE], User(), record, max_repairs=1)
    assert [each.error is caught.value for each in record.rejected] == [False, True]
    assert record.said == ()


def test_a_prompt_names_each_file_that_a_diff_may_name(repo: Repo) -> None:
    files: Files = {"b c.py": (b"x\n", 0o644), 'q"uote.py': (b"x\n", 0o644), "bin": (b"\x00", 0o644)}
    repo.write(files)
    model = ScriptedModel([FIX])
    Job(Git(repo.root), model, JobOptions(apply=False), User(), Record()).run("fix")
    (edits,) = model.edits
    assert edits is not None
    assert set(edits.files) == {"b c.py", "calc.py", "docs/use.md"}
    assert set(edits.taken) == {'q"uote.py', "bin"}


def test_a_model_that_raises_stops_the_job(repo: Repo) -> None:
    def fail(_: Query) -> str:
        raise ZeroDivisionError

    record = Record()
    with pytest.raises(ZeroDivisionError):
        do(repo, [fail], User(), record)
    assert (record.completions, "decode" in record.timings_s) == ([], True)
