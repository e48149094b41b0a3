import json

from agent.errors import FailingTestsError, PatchError
from agent.outcome import Record, Rejected, outcome_json, usage
from agent.sandbox import TestReport
from model.api import Completion


def completion(n_prompt: int, n_new: int, seconds: float) -> Completion:
    return Completion("x", "stop", n_prompt, n_new, n_new - 1, seconds, seconds, -0.5)


def test_nothing_has_happened_yet() -> None:
    value = outcome_json(Record(), PatchError("no"))
    assert value == {
        "status": "failed",
        "exit_code": 4,
        "error": "no",
        "diff": "",
        "files": [],
        "attempts": {"n": 0, "rejected": [], "ranked": []},
        "tests": None,
        "usage": {
            "prompt_tokens": 0,
            "reused_tokens": 0,
            "new_tokens": 0,
            "chosen_tokens": 0,
            "prefill_s": 0.0,
            "decode_s": 0.0,
            "estimated": False,
        },
        "attended": None,
        "timings_s": {},
        "undo_id": None,
        "commit": None,
        "branch": None,
        "worktree": None,
        "pull_request": None,
        "notes": [],
    }


def test_attempts_share_one_prefill_and_add_up_their_answers() -> None:
    record = Record(completions=[completion(100, 10, 1.5), completion(120, 20, 0.5)])
    assert usage(record) == {
        "prompt_tokens": 120,
        "reused_tokens": 0,
        "new_tokens": 30,
        "chosen_tokens": 28,
        "prefill_s": 1.5,
        "decode_s": 2.0,
        "estimated": False,
    }


def test_what_became_of_the_tree_is_part_of_the_error() -> None:
    error = FailingTestsError("`x` failed (exit code 1)", "output")
    error.add_note("the change was rolled back")
    value = outcome_json(Record(rejected=[Rejected("text", error)]), error)
    assert value["error"] == "`x` failed (exit code 1); the change was rolled back"
    assert value["attempts"]["rejected"] == [{"text": "text", "reason": value["error"]}]
    assert value["exit_code"] == 6


def test_errors_without_words_still_say_something() -> None:
    assert outcome_json(Record(), KeyboardInterrupt())["error"] == "interrupted"
    assert outcome_json(Record(), AssertionError())["error"] == "AssertionError"
    assert outcome_json(Record(), ValueError("x"))["error"] == "ValueError: x"


def test_phases_add_up_and_an_attempt_is_forgotten() -> None:
    record = Record(report=TestReport("x", 1, 0.0, "", timed_out=False))
    for _ in range(2):
        with record.timed("decode"):
            pass
    record.next_round()
    assert (record.report, list(record.timings_s)) == (None, ["decode"])
    json.dumps(outcome_json(record, None))
