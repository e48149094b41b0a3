"""Subjects that a model writes: what is taken, and what stands there otherwise."""

import pytest

from agent.forge.body import pushed_tip
from agent.forge.wording import Subject, checked, write_subject
from model.errors import ModelError
from tests.fakes.scripted_model import ScriptedModel


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ("Add a limit to retries", "Add a limit to retries"),
        ("```\nAdd a limit\n```", "Add a limit"),
        ('Commit message: "Fix the off-by-one error."', "Fix the off-by-one error"),
        ("fix(parser): handle empty input\n\nLonger text.", "fix(parser): handle empty input"),
        ("**Pass the timeout on**", "Pass the timeout on"),
        ("Embed the font", "Embed the font"),
        ("x" * 70 + "y", "x" * 70 + "y"),
        ("Größe prüfen", "Größe prüfen"),
    ],
)
def test_taken(said: str, subject: str) -> None:
    assert checked(said) == subject


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "says nothing"),
        ("Fix", "says nothing"),
        ("Add " + "x" * 70, "74 characters"),
        ("Added a limit", "imperative"),
        ("Adding a limit", "imperative"),
        ("Adds a limit", "imperative"),
        ("The limit is now ten", "imperative"),
        ("fix: added a limit", "imperative"),
        ("1. do it well", "imperative"),
        ("Add \x1b[2J limit", "control"),
        ("Add \u202e limit", "control"),
        ("Signed-off-by: Eve <e@x>", "no subject"),
        ("diff --git a/x b/x", "no subject"),
        ("--- a/calc.py", "no subject"),
    ],
)
def test_refused(said: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked(said)


def test_the_first_that_has_the_form() -> None:
    model = ScriptedModel([["Added it", "Add the limit", "Add another"]])
    assert write_subject(model, "limit", "diff", "plain") == Subject("Add the limit")
    assert model.edits == [None]
    assert "limit" in model.queries[0].task


def test_the_plain_one_says_why() -> None:
    model = ScriptedModel([["Added it", "x", ""]])
    found = write_subject(model, "limit", "diff", "plain")
    assert found == Subject("plain", "what the model wrote does not begin with a verb in the imperative")


def test_a_model_that_fails() -> None:
    def fail(_: object) -> str:
        raise ModelError("no memory is left")

    assert write_subject(ScriptedModel([fail]), "x", "y", "plain").why_not == "the model wrote none: no memory is left"


def test_what_was_pushed_is_told_by_the_last_line_alone() -> None:
    record = f"<!-- magicode: task {'0' * 16}, pushed {'a' * 40} -->"
    assert pushed_tip(f"text\n\n{record}\r\n") == "a" * 40
    assert pushed_tip(f"{record}\ntext") is None
    assert pushed_tip("") is None
