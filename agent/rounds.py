"""Where a job stands between its rounds: what was said, and on top of which change the next answers are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from agent.attempts import Attempt
from agent.errors import AgentError
from agent.proposal import Checker
from agent.render import patch_text
from agent.repair import repair_text
from agent.unfinished import Round
from agent.validate import ValidatedPatch
from model.api import Completion
from repo_index.history import Turn
from repo_index.prompt import render_amend, render_repair

Fits = Callable[[Sequence[Turn], str], bool]  # turns, and the text that follows them → whether the window has room


@dataclass(frozen=True, slots=True)
class Standing:
    """A job's round, and the change `base` that its answers are written on top of; None: the files as they are."""

    round: Round
    base: ValidatedPatch | None = None

    @classmethod
    def of(cls, kept: Round, checker: Checker) -> "Standing":
        """Go on from what was kept.

        Raises:
            AgentError: the files are not as they were, so that its change does not fit them.

        """
        return cls(kept, checker.check_text(kept.base) if kept.base else None)

    def answered(self, answers: Sequence[Completion]) -> "Standing":
        """Return the same with the round's answers."""
        return replace(self, round=replace(self.round, answers=tuple(answers)))

    def after(self, attempts: Sequence[Attempt], error: AgentError, fits: Fits) -> "Standing":
        """Return where the job stands after a round of which nothing was taken: the best attempt comes first.

        A diff that made some difference to the tests stays, and the next one is written on top of it, unless one
        before it had come further: then the same is asked again, for others may do better.

        Raises:
            AgentError: the window has no room for what the model would have to be told: the round's own `error`.

        """
        unanswered = replace(self.round, answers=())
        best = next((each for each in attempts if each.makes_a_difference), attempts[0])
        stays = best.makes_a_difference
        if self.base and stays and best.severity > unanswered.base_severity:
            return replace(self, round=unanswered)
        said = (*unanswered.said, Turn.now("assistant", best.completion.text))
        render = render_amend if stays else partial(render_repair, on_top=self.base is not None)
        text = repair_text(best.error or error, partial(fits, said), render)
        if text is None:
            raise error
        following = replace(unanswered, said=(*said, Turn.now("user", text)))
        if best.patch is None or not stays:
            return replace(self, round=following)
        return Standing(replace(following, base=patch_text(best.patch.patch), base_severity=best.severity), best.patch)
