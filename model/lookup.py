"""Prompt lookup: what followed the last tokens elsewhere probably follows them here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]

_N_GRAM = 2  # tokens that must agree for a guess
_MAX_SUFFIX = 8  # of several places, the one where more of what is before agrees is followed
_MAX_PLACES = 32  # that are compared
_MAX_TOKENS = 262_144  # of the prompt's end are searched
_MIN_CHANCE = 0.2  # a token read ahead costs a sixth of a pass, or more; what is less likely than this is not read
_MAX_CHANCE = 0.94  # what is sure would be read without end; a pass bounds drafts besides (`Network.draft_tokens`)
_LINE = 0  # the evidence for a line that is written anew
_PRIOR_TOKENS = 6.0
_PRIORS = {_LINE: 0.8, 2: 0.55, 3: 0.65, 4: 0.75, 5: 0.8, 6: 0.85, 7: 0.85, 8: 0.9}


@dataclass(frozen=True, slots=True)
class Draft:
    """Guessed tokens, and what speaks for them: how many tokens before them agree."""

    ids: Sequence[int] = ()
    evidence: int = _LINE


NO_DRAFT = Draft()


@dataclass(slots=True)
class _Chance:
    """How often a token of a kind of draft was right, where those before it were."""

    n_right: float
    n_seen: float

    def n_worth_reading(self) -> int:
        chance = min(self.n_right / self.n_seen, _MAX_CHANCE)
        return int(math.log(_MIN_CHANCE) / math.log(chance))


class PromptLookup:
    """Guesses continuations from a prompt and from the answer so far, and learns how far to trust its guesses.

    After apoorvumang/prompt-lookup-decoding: in edits most of what is written was read before.
    """

    def __init__(self, prompt: Sequence[int]) -> None:
        """Take a prompt's ids."""
        self._prompt: Ids = np.array(prompt[-_MAX_TOKENS:], dtype=np.int32)
        self._chances = {kind: _Chance(prior * _PRIOR_TOKENS, _PRIOR_TOKENS) for kind, prior in _PRIORS.items()}

    def continuation(self, answer: Sequence[int], n_tokens: int) -> Draft:
        """Guess, in up to `n_tokens` ids, what follows `answer`: what followed its end elsewhere."""
        if len(answer) < _N_GRAM:
            return NO_DRAFT
        own: Ids = np.array(answer, dtype=np.int32)
        best, found = 0, NO_DRAFT
        for ids in (own, self._prompt):
            for end in _ends(ids[:-1], own[-_N_GRAM:])[-_MAX_PLACES:]:
                n_alike = _n_alike(ids[:end], own)
                if n_alike > best or (n_alike == best and ids is own):
                    best = n_alike
                    n_drafted = min(n_tokens, self._chances[best].n_worth_reading())
                    found = Draft([int(id_) for id_ in ids[end : end + n_drafted]], best)
        return found

    def line(self, ids: Sequence[int], n_tokens: int) -> Draft:
        """Guess that the line `ids` is written, as far as that is worth it and `n_tokens` long."""
        return Draft(ids[: min(n_tokens, self._chances[_LINE].n_worth_reading())], _LINE)

    def learn(self, draft: Draft, n_accepted: int) -> None:
        """Note how many tokens of a draft were right."""
        chance = self._chances[draft.evidence]
        chance.n_right += n_accepted
        chance.n_seen += min(n_accepted + 1, len(draft.ids))


def _ends(ids: Ids, wanted: Ids) -> npt.NDArray[np.int64]:
    """Return the indices behind each occurrence of `wanted`."""
    n = len(ids) - len(wanted) + 1
    found = np.ones(max(n, 0), dtype=np.bool_)
    for offset, id_ in enumerate(wanted):
        found &= ids[offset : offset + len(found)] == id_
    return np.flatnonzero(found) + len(wanted)


def _n_alike(before: Ids, own: Ids) -> int:
    """Return how many of the last ids are the same, up to a limit."""
    n = min(len(before), len(own), _MAX_SUFFIX)
    differ = np.flatnonzero(before[len(before) - n :] != own[len(own) - n :])
    return n - int(differ[-1]) - 1 if len(differ) else n
