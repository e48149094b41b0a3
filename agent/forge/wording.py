"""A commit's subject, written by the model from its own diff and checked for form."""

import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from agent.errors import AgentError
from agent.protocols import LanguageModel
from model.api import Progress, Query, Sampling
from model.errors import ModelError

_SYSTEM = "You write commit messages for git."
_MAX_SUBJECT = 72  # characters
_MIN_SUBJECT = 8
_MAX_DIFF = 6_000  # characters that the model is shown; a subject needs no more
_MAX_TASK = 2_000
_MAX_NEW_TOKENS = 48
_N_ATTEMPTS = 3  # side by side; the first that has the form is taken
_LABEL = re.compile(r"(?:commit message|subject|message|title)\s*:\s*", re.IGNORECASE)
_TYPE = re.compile(r"[a-z]+(?:\([\w./-]+\))?!?:\s+")  # of conventional commits
_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*-(?:by|to|cc|task)\s*:", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
# English verbs in the imperative that look like another form.
_IMPERATIVE = frozenset(
    {
        *("address", "access", "assess", "bring", "compress", "cross", "discuss", "dismiss", "embed", "exceed", "feed"),
        *("focus", "need", "ping", "proceed", "process", "seed", "shed", "speed", "spring", "string", "succeed"),
        *("swing", "wring"),
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The first line of a commit's message. `why_not` says why the model's was not taken; None where it was."""

    text: str
    why_not: str | None = None


def write_subject(model: LanguageModel[Any, Any], task: str, diff: str, plain: str) -> Subject:
    """Have the model word what it did; where nothing that it writes has the form, `plain` stands there.

    Args:
        model: it reads the diff anew, apart from the repository.
        task: what was asked for.
        diff: what was done.
        plain: a subject that needs no model.

    """
    import jinja2  # noqa: PLC0415 - `magicode --help` needs none of it

    text = files("agent.forge").joinpath("templates", "message.md").read_text(encoding="utf-8")
    rendered = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)  # noqa: S701 - no page
    query = Query((), rendered.render(task=task[:_MAX_TASK], diff=diff[:_MAX_DIFF]))
    sampling = Sampling(max_new_tokens=_MAX_NEW_TOKENS, n_attempts=_N_ATTEMPTS)
    try:
        memory = model.remember(_SYSTEM, (), _unheard)
        answers = model.complete(memory, query, None, sampling, _unheard)
    except (AgentError, ModelError) as error:
        return Subject(plain, f"the model wrote none: {error}")
    reasons: list[str] = []
    for answer in answers:
        try:
            return Subject(checked(answer.text))
        except ValueError as error:
            reasons.append(str(error))
    return Subject(plain, reasons[0] if reasons else "the model wrote none")


def checked(text: str) -> str:
    """Return the subject that an answer holds, without what models like to put around it.

    Raises:
        ValueError: it has not the form of a subject; the message says what is wrong.

    """
    lines = [line.strip() for line in text.strip().splitlines()]
    line = next((line for line in lines if line and not line.startswith("```")), "")
    line = _LABEL.sub("", line, count=1).strip().strip("\"'`*").strip()
    if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} for character in line):
        raise ValueError("what the model wrote holds control characters")
    if len(line) < _MIN_SUBJECT:
        raise ValueError("what the model wrote says nothing")
    if len(line) > _MAX_SUBJECT:
        raise ValueError(f"what the model wrote has {len(line)} characters; a subject has at most {_MAX_SUBJECT}")
    if _TRAILER.match(line) or line.startswith(("diff ", "@@", "+++", "---", "#")):
        raise ValueError("what the model wrote is no subject")
    first = _WORD.match(_TYPE.sub("", line, count=1))
    if first is None or not _is_imperative(first[0].lower()):
        raise ValueError("what the model wrote does not begin with a verb in the imperative")
    return line.rstrip(".")


def _is_imperative(word: str) -> bool:
    """Tell by its ending. Nouns pass: a dictionary of verbs would refuse more that is right than wrong."""
    if word in _IMPERATIVE:
        return True
    third_person = word.endswith("s") and not word.endswith(("ss", "us"))
    return word not in {"the", "a", "an", "this", "i", "we", "it", "here", "sure"} and not (
        third_person or word.endswith(("ed", "ing"))
    )


def _unheard(_: str | Progress) -> None:
    """Say nothing: this takes a second or two."""
