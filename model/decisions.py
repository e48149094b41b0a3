"""The choices that an answer took, and what else it could have chosen: for going back when it turns out wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.correction import Fault
from model.sampler import Logits

# An answer goes back so often; each time a part of it is decided anew.
MAX_REVISIONS = 6
# What is less likely than the choice by this factor's logarithm is no alternative.
_NEAR = 14.0
_MAX_ALTERNATIVES = 16
_MAX_LOOKED_AT = 24  # for these; some are none


@dataclass(slots=True)
class Decision:
    """A choice among tokens: where it was taken, and the other tokens, the likeliest last, by their distance in nats.

    `line` is what the line had before it.
    """

    n_tokens: int
    n_lines: int
    line: bytes
    alternatives: list[tuple[float, int]] = field(default_factory=list)


class Decisions:
    """The decisions of one answer, in its order."""

    def __init__(self) -> None:
        self._noted: list[Decision] = []
        self._n_revised = 0

    def note(
        self, token: int, logits: Logits, spelled: Sequence[bytes | None], n_tokens: int, n_lines: int, line: bytes
    ) -> None:
        """Note that `token` was chosen from logits `(vocab,)`, `n_tokens` and `n_lines` into the answer.

        What only spells a part of it is no alternative: it may well lead to the same text.
        """
        near = np.flatnonzero(logits > logits[token] - _NEAR)
        if len(near) > _MAX_LOOKED_AT:  # as inside a line, where most words can come next
            near = near[np.argpartition(logits[near], -_MAX_LOOKED_AT)[-_MAX_LOOKED_AT:]]
        text = spelled[token] or b""
        others = [id_ for id_ in map(int, near) if not text.startswith(spelled[id_] or text)]
        found = sorted((float(logits[token] - logits[id_]), id_) for id_ in others)
        self._noted.append(Decision(n_tokens, n_lines, line, found[_MAX_ALTERNATIVES - 1 :: -1]))

    def pop_weakest(self, fault: Fault) -> Decision | None:
        """Return the decision that has a part in a fault and was the closest one; None if there is none, or no more.

        Where something is lacking, the decision to write nothing more comes first.
        """
        if self._n_revised == MAX_REVISIONS:
            return None
        wrong = (decision for decision in self._noted if decision.alternatives and decision.n_lines in fault.lines)
        closing = (d for d in self._noted if d.alternatives and d.n_lines == fault.closing_line)
        return min(closing, key=_closeness, default=None) or min(wrong, key=_closeness, default=None)

    def again(self, decision: Decision, bonuses: Mapping[int, float]) -> int:
        """Return the next best token of a decision, which is the answer's last one from now on.

        `bonuses` say what makes some tokens likelier than they were then, in nats.
        """
        self._n_revised += 1
        best = min(decision.alternatives, key=lambda each: each[0] - bonuses.get(each[1], 0.0))
        decision.alternatives.remove(best)
        _, token = best
        self._noted.append(decision)
        return token

    def forget(self, n_tokens: int) -> None:
        """Forget what was decided `n_tokens` into the answer and later."""
        while self._noted and self._noted[-1].n_tokens >= n_tokens:
            self._noted.pop()


def _closeness(decision: Decision) -> float:
    return decision.alternatives[-1][0]
