"""Several answers to one task: which of them are the same, and which is the best."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.errors import AgentError
from agent.trials import Verdict
from agent.validate import ValidatedPatch
from model.api import Completion
from repo_index.text import TextFile


@dataclass(slots=True)
class Attempt:
    """One answer, and what came of it so far.

    `error` says why it cannot be taken; `n_alike` counts the answers that make the same change, this one included.
    """

    number: int  # from 1, in the order in which they were asked for
    completion: Completion
    patch: ValidatedPatch | None = None
    error: AgentError | None = None
    verdict: Verdict | None = None
    n_alike: int = 1

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against it."""
        return self.patch is not None and self.error is None

    @property
    def makes_a_difference(self) -> bool:
        """Whether it can be applied, and the tests do not say just what they say without it."""
        return self.patch is not None and not (self.verdict and self.verdict.is_as_before)

    @property
    def moves_space_alone(self) -> bool:
        """Whether it changes nothing but blanks and the ends of lines: seldom what was asked for."""
        if self.patch is None:
            return False
        old, new = self.patch.old_texts, self.patch.new_texts
        return all(_ink(old[path]) == _ink(new.get(path)) for path in old)

    @property
    def severity(self) -> tuple[float, ...]:
        """How badly the tests failed with it: see `Verdict.severity`."""
        return self.verdict.severity if self.verdict else ()

    @property
    def rank(self) -> tuple[object, ...]:
        """Sort by this, the best first: it applies, few tests fail, none failed before, others agree, it is likely."""
        return (
            not self.is_good,
            self.patch is None,
            self.severity,
            self.moves_space_alone,
            -self.n_alike,
            -self.completion.mean_logprob,
            self.number,
        )


def distinct(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return attempts that make different changes, those that more answers agree on first; others are counted."""
    by_diff: dict[bytes, Attempt] = {}
    rest: list[Attempt] = []
    for attempt in attempts:
        if attempt.patch is None:
            rest.append(attempt)
            continue
        first = by_diff.setdefault(attempt.patch.render(), attempt)
        if first is not attempt:
            first.n_alike += 1
    return ranked([*by_diff.values(), *rest])


def ranked(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return attempts, the best first."""
    return sorted(attempts, key=lambda attempt: attempt.rank)


def _ink(text: TextFile | None) -> str | None:
    """Return what can be seen of a text."""
    return None if text is None else "".join(text.text.split())
