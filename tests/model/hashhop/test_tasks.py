import re
from collections import Counter
from collections.abc import Iterable

import pytest

from agent.cli.hashhop import Task
from model.hashhop.protocols import OnTokens, TextQuestion, unheard
from model.hashhop.tasks.hidden import Hidden
from model.hashhop.tasks.tasks import TASKS, TaskPlan
from tests.fakes.hash_readers import Guessed, OracleReader

NEEDLES = ("needle", "needle-code", "induction", "multi-key")


def text_of(problem: Hidden) -> str:
    return "".join(problem.pieces())


def question_of(problem: Hidden) -> TextQuestion:
    question = problem.item.question
    assert isinstance(question, TextQuestion)
    return question


@pytest.mark.parametrize("task", TASKS)
def test_a_text_has_its_size_and_nothing_but_the_seed_decides(task: str) -> None:
    plan = TaskPlan(task, (1,), n_queries=4, seed=1)
    text = text_of(plan.problem(30_000, 2))
    assert 25_000 < len(text) <= 30_000
    assert text == text_of(TaskPlan(task, (1,), n_queries=4, seed=1).problem(30_000, 2))
    others = (plan.problem(30_000, 1), TaskPlan(task, (1,), n_queries=4, seed=2).problem(30_000, 2))
    assert all(text != text_of(other) for other in others)


@pytest.mark.parametrize("task", NEEDLES)
def test_a_needle_is_there_once_and_further_on_in_each_text(task: str) -> None:
    plan = TaskPlan(task, (1,), n_queries=5, seed=3)
    for number in range(5):
        problem = plan.problem(60_000, number)
        text = text_of(problem)
        needle = f"{question_of(problem).begun.strip()} '{problem.item.answer}'"
        assert text.count(needle) == 1
        assert text.count(question_of(problem).begun.strip()) == 1
        assert abs(text.index(needle) / len(text) - (number + 0.5) / 5) < 0.07


def test_variables_lead_to_each_other() -> None:
    problem = TaskPlan("variables", (1,), seed=5).problem(20_000, 0)
    assigned = dict(re.findall(r"^VAR (\w+) = (.+)$", text_of(problem), re.MULTILINE))
    assert set(problem.item.parts) == assigned.keys()
    assert len(assigned) == 5
    for value in assigned.values():
        found = value
        while found.startswith("VAR "):
            found = assigned[found.removeprefix("VAR ")]
        assert found == question_of(problem).start


def test_the_most_frequent_words_are_those() -> None:
    problem = TaskPlan("frequent-words", (1,), seed=5).problem(50_000, 0)
    counts = Counter(text_of(problem).split()).most_common(4)
    assert problem.item.is_right(", ".join(word for word, _ in counts[:3]))
    assert counts[2][1] > counts[3][1]


def test_pieces_are_the_text() -> None:
    problem = TaskPlan("needle", (1,), seed=5).problem(1_300_000, 50)
    pieces = list(problem.pieces())
    assert len(pieces) > 2
    assert all(piece.endswith("\n") for piece in pieces[:-1])
    assert problem.item.answer in "".join(pieces)


class Finder(OracleReader):
    """Finds what stands behind the beginning of an answer."""

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> Guessed:
        text = "".join(pieces)

        class Found(Guessed):
            def complete(self, questions: Iterable[TextQuestion], progress: OnTokens = unheard) -> list[str]:  # type: ignore[override]
                return [text.rpartition(f"{question.begun.strip()} '")[2].partition("'")[0] for question in questions]

        return Found(len(text), 1)


@pytest.mark.parametrize("task", NEEDLES)
def test_who_finds_the_needle_gets_all_right_at_every_place(task: str) -> None:
    results = list(TaskPlan(task, (2_000, 8_000), n_queries=6, seed=1).results(Finder(), lambda _step: None))
    assert [(result.right, result.n, result.tokens) for result in results] == [(6, 6, 2_000), (6, 6, 8_000)]
    assert [result.task for result in results] == [task, task]
    assert results[0].n_tokens == pytest.approx(2_000, rel=0.15)


def test_the_command_line_knows_each_task() -> None:
    assert [task.value for task in Task] == ["hashhop", *TASKS]
