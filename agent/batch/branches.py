"""Names of branches, made from a template that a task file gives."""

import re
import unicodedata

from agent.batch.cells import quoted
from agent.batch.filling import pieces
from agent.batch.schema import TaskSpec
from repo_index.git import Git

_MAX_SLUG = 50  # characters
_MAX_TASK = 100
_MAX_COMPONENT_BYTES = 200  # a file system takes 255, and git adds `.lock` and the like
_MAX_NAME_BYTES = 400
# Names of which git takes every one; it is asked about all others.
_PLAIN_PART = r"\w(?:[\w+=-]|\.(?=\w))*"
_PLAIN = re.compile(rf"{_PLAIN_PART}(?:/{_PLAIN_PART})*")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBER_FORMAT = re.compile(r"(?:0[1-9])?")


class BranchNames:
    """Makes names and has git judge them, each once."""

    def __init__(self, git: Git) -> None:
        """Ask this git; which repository it stands in does not matter."""
        self._git = git
        self._judged: dict[str, str | None] = {}

    def name(self, spec: TaskSpec, task_id: str) -> str:
        """Return the name of a task's branch.

        Raises:
            ValueError: the template, or the name that it makes, cannot be used; the message says why.

        """
        name = render(spec.branch, spec, task_id)
        if name not in self._judged:
            self._judged[name] = self.why_not(name)
        if why := self._judged[name]:
            raise ValueError(f"{quoted(name)} {why}")
        return name

    def why_not(self, name: str) -> str | None:
        """Say what keeps a name from being a branch's; None if nothing does."""
        if name.startswith("-"):
            return "begins with '-', which git would take for an option"
        if name.startswith("refs/"):
            return "begins with 'refs/'; write the branch's name alone"
        if name == "HEAD" or not (is_plain(name) or self._accepted(name)):
            return "is no name for a branch (`git check-ref-format` says no)"
        parts = name.encode().split(b"/")
        if max(map(len, parts)) > _MAX_COMPONENT_BYTES or sum(map(len, parts)) > _MAX_NAME_BYTES:
            return "is too long for a branch"
        return None

    def _accepted(self, name: str) -> bool:
        said = self._git.run("check-ref-format", "--normalize", f"refs/heads/{name}", ok=(0, 1))
        return said == f"refs/heads/{name}\n".encode()  # with a double slash git would put it right


def is_plain(name: str) -> bool:
    """Tell whether a name is one that git takes for sure; of others only git knows."""
    return bool(_PLAIN.fullmatch(name)) and not any(part.lower().endswith(".lock") for part in name.split("/"))


def render(template: str, spec: TaskSpec, task_id: str) -> str:
    """Fill a template. `{slug}` and `{task}` are made of the task's words, so that they hold nothing odd.

    Raises:
        ValueError: the template has an unknown field, or braces that do not match.

    """
    values = {
        "slug": slug(spec.task) or f"task-{spec.number}",
        "task": _NOT_WORD.sub("-", spec.task).strip("-")[:_MAX_TASK].rstrip("-") or f"task-{spec.number}",
        "id": task_id[:8],
        "number": "",
        **{name: slug(value) or f"task-{spec.number}" for name, value in spec.fields},
    }
    out: list[str] = []
    for text, name, form in pieces(template, list(values)):
        out.append(text)
        if form and (name != "number" or not _NUMBER_FORMAT.fullmatch(form)):
            raise ValueError(f"asks for {{{name}}} in a form that is not known; {{number:03}} is the only one")
        if name is not None:
            out.append(format(spec.number, form) if name == "number" else values[name])
    return "".join(out)


def slug(text: str) -> str:
    """Return the first words of a text as `words-like-these`; empty where it has no Latin letter and no digit."""
    plain = unicodedata.normalize("NFKD", text[: 8 * _MAX_SLUG]).encode("ascii", "ignore").decode().lower()
    words = _NOT_SLUG.sub("-", plain).strip("-")
    if len(words) <= _MAX_SLUG:
        return words
    cut = words[: _MAX_SLUG + 1]
    return cut[: cut.rfind("-")] if "-" in cut else cut[:_MAX_SLUG]


def slug_tells(text: str) -> bool:
    """Whether the slug of a text has all its words: of others, those that begin alike share one."""
    return slug(text) == _NOT_WORD.sub("-", text.lower()).strip("-") != ""
