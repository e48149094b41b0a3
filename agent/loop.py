"""One task from words to a tested change: read, ask the model, check, review, apply, test, and repair what fails."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from agent.attempts import Attempt, distinct, ranked
from agent.editable import editable
from agent.errors import (
    BrokenSyntaxError,
    ConfigError,
    FailingTestsError,
    NoChangeError,
    PatchError,
    TruncatedError,
)
from agent.failures import failed_tests
from agent.landing import Landing, no_delivery
from agent.options import JobOptions
from agent.outcome import Record
from agent.proposal import Checker
from agent.protocols import LanguageModel, Memory, Routed
from agent.reading import note_of_room, notes_of, read_source
from agent.repair import leads_of
from agent.rounds import Standing
from agent.testing import Testing
from agent.ui import Ui
from agent.unfinished import Round
from agent.workspace import Workspace
from model.api import DRAWN_TEMPERATURE, Attended, Budget, Completion, Query
from repo_index.errors import ContextTooLargeError
from repo_index.folder import Source, require_git
from repo_index.history import Turn
from repo_index.mentions import resolve_mentions
from repo_index.past import read_past
from repo_index.prompt import Prompt, build_prompt, fitted
from repo_index.snapshot import RepoSnapshot

# What another answer of the model may mend. Everything else is for the user.
_REPAIRABLE = (NoChangeError, PatchError, BrokenSyntaxError, FailingTestsError, TruncatedError)


class Job:
    """Carries one task through. The tree is changed only by `Workspace`.

    Where the sandbox can layer, a change is made only when its tests have passed; else it is rolled back if they fail.
    """

    def __init__(
        self,
        source: Source,
        model: LanguageModel[Any, Any],
        options: JobOptions,
        ui: Ui,
        record: Record,
        deliver: Callable[[Record], None] = no_delivery,
        keep: Callable[[Sequence[Round]], None] = lambda _: None,
    ) -> None:
        """Take what the job works with, and the record to fill in; nothing happens yet.

        `deliver` is given the record of a change that is in place and tested. If it raises, the change is rolled back.
        `keep` hears of each round that was answered, and of those before it.

        Raises:
            NotARepositoryError: a change is to be applied in a plain directory.

        """
        self._source, self._model, self._options, self._ui, self._record = source, model, options, ui, record
        self._keep = keep
        self._testing = Testing(source, options, ui, record)
        workspace = Workspace(require_git(source, "to change files")) if options.apply else None
        self._landing = Landing(workspace, options, ui, record, self._testing, deliver)
        self._attended: Callable[[], Attended | None] = lambda: None

    def run(self, task: str, turns: Sequence[Turn] = (), rounds: Sequence[Round] = ()) -> None:
        """Do the task; `turns` is the chat so far. With the `rounds` of an earlier job it goes on from there.

        Their answers are checked and tested again, for one of them may be the best in the end.

        Raises:
            AgentError, RepoError, ModelError: see `agent.errors.exit_code_of`; the tree is as it was.

        """
        record = self._record
        with record.timed("read"):
            snapshot, prompt = self._read(task, turns)
        task = prompt.task
        checker = Checker(snapshot, self._ui.consent, self._options.allow_syntax_errors)
        with record.timed("encode"):
            memory = self._remember(prompt)
        standings = [Standing.of(each, checker) for each in rounds] or [Standing(Round((Turn.now("user", task),)))]

        def fits(said: Sequence[Turn], text: str) -> bool:
            n_said = self._model.count_frame("", (*prompt.turns, *said), text)
            return memory.n_tokens + n_said <= self._prompt_limit

        for number in count():
            record.next_round()
            standing = standings[number]
            amending, said = checker.on_top_of(standing.base), standing.round.said
            if not standing.round.answers:
                answers = self._ask(memory, amending, (*turns, *said), number)
                standings[number] = standing = standing.answered(answers)
                self._keep([each.round for each in standings])
            attempts = self._attempt(standing.round.answers, amending)
            is_known = number + 1 < len(standings)
            is_last = not (is_known or self._goes_on(number))
            try:
                self._take_best(self._in_the_end(attempts) if is_last else attempts, checker, task, is_last=is_last)
            except _REPAIRABLE as error:
                record.reject(attempts, error)
                if is_last:
                    raise
                if is_known or self._goes_on(number):
                    if not is_known:
                        standings.append(standing.after(attempts, error, fits))
                        self._ui.on_rejected(error)
                    continue
                self._take_best(self._in_the_end(attempts), checker, task, is_last=True)
            record.said = (*said, Turn.now("assistant", record.diff_text))
            return

    def _in_the_end(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """Return what may be taken when no round follows, the best first, and then what came of the last one."""
        return [*(each for each in ranked(self._record.attempts) if each.is_good), *attempts]

    def _goes_on(self, number: int) -> bool:
        """Whether round `number`, from 0, may be followed by another one."""
        allowance = self._options.allowance
        if allowance is not None:
            return not allowance.is_spent(sum(each.n_new_tokens for each in self._record.completions))
        return number < self._options.max_repairs and not self._record.stands_still

    @property
    def _prompt_limit(self) -> int:
        """Tokens that a prompt may have."""
        n_answer = self._options.sampling.max_new_tokens
        window = min(self._options.context_limit or self._model.context_limit, self._model.context_limit)
        if n_answer >= window:
            raise ContextTooLargeError(
                f"an answer of up to {n_answer:,} tokens leaves no room for a prompt in a context of {window:,}; "
                "lower --max-new-tokens or raise --context-limit",
                n_tokens=n_answer,
                limit=window,
            )
        return window - n_answer

    def _read(self, task: str, turns: Sequence[Turn]) -> tuple[RepoSnapshot, Prompt]:
        options, ui = self._options, self._ui
        mentions = resolve_mentions(task, self._source.root, options.directory)
        snapshot = read_source(
            self._source,
            self._model,
            ui.on_progress,
            include=options.include,
            exclude=options.exclude,
            mentioned=mentions.paths,
        )
        for note in notes_of(mentions, snapshot):
            ui.on_note(note)
        prompt = build_prompt(snapshot, turns, mentions.text, self._model)
        if options.attention == "memory":  # what waits for room is not read whole there: the task leads to it or not
            return snapshot, prompt
        room, prompt = fitted(snapshot, prompt, self._prompt_limit)
        if sentence := note_of_room(snapshot, room):
            ui.on_note(sentence)
        return room, prompt

    def _remember(self, prompt: Prompt) -> Memory:
        """Let the model read all of it, or what the task is routed to."""
        options = self._options
        n_answer = options.sampling.max_new_tokens
        limit = self._prompt_limit
        if options.attention == "dense" or (options.attention == "auto" and prompt.n_tokens <= limit):
            prompt.check_fits(limit)
            exact = options.attention == "dense"
            whole: Memory = self._model.remember(prompt.system, prompt.documents, self._ui.on_progress, exact=exact)
            return whole
        budget = Budget(limit + n_answer, options.working_set_tokens, n_answer)
        query, changes = Query(prompt.turns, prompt.task), read_past(self._source)
        memory: Routed = self._model.look(prompt.system, prompt.documents, changes, query, budget, self._ui.on_progress)
        self._attended = memory.attended
        self._ui.on_attended(memory.attended())
        self._model.encode(memory, self._ui.on_progress)
        return memory

    def _ask(self, memory: Memory, checker: Checker, turns: Sequence[Turn], number: int) -> Sequence[Completion]:
        """Ask for the answers of a round."""
        *earlier, last = turns
        edits = editable(checker) if self._options.constrained else None
        sampling = self._options.sampling
        query = Query(earlier, last.text)
        if number:  # the likeliest answer was wrong: ask for others
            temperature = max(sampling.temperature, DRAWN_TEMPERATURE)
            sampling = replace(sampling, seed=sampling.seed + number * sampling.n_attempts, temperature=temperature)
            leads = leads_of(last.text)
            query = replace(query, leads=leads if checker.base else Query(earlier, leads).said)
        self._ui.on_answer()
        with self._record.timed("decode"):
            return self._model.complete(memory, query, edits, sampling, self._ui.on_text)

    def _attempt(self, completions: Sequence[Completion], checker: Checker) -> list[Attempt]:
        """Return answers as attempts, the best first: checked and, where that needs no change, tested."""
        record = self._record
        first = len(record.completions) + 1
        record.completions += completions
        record.attended = self._attended()
        with record.timed("check"):
            attempts = [self._check(Attempt(n, each), checker) for n, each in enumerate(completions, start=first)]
        attempts = distinct(attempts)
        record.attempts += attempts
        try:
            self._testing.test(attempts)
        except ConfigError as error:  # the tests cannot run: what was written is shown all the same
            record.reject(ranked(attempts), error)
            raise
        if len(completions) > 1:
            self._ui.on_attempts(attempts)
        return ranked(attempts)

    def _check(self, attempt: Attempt, checker: Checker) -> Attempt:
        completion = attempt.completion
        try:
            if completion.finish_reason == "length" and not self._options.allow_truncated:
                raise TruncatedError(
                    f"the model was still writing after {completion.n_new_tokens:,} tokens; "
                    "ask for less at once, or raise --max-new-tokens"
                )
            attempt.patch = checker.check_text(completion.text)
        except _REPAIRABLE as error:
            attempt.error = error
        return attempt

    def _take_best(self, attempts: Sequence[Attempt], checker: Checker, task: str, *, is_last: bool) -> None:
        """Carry out the best attempt; where tests can only be run in place, the next one if they fail.

        One that fails what failed before is taken in the last round only: a test may have been written for the change.
        """
        good = [attempt for attempt in attempts if attempt.is_good]
        if not good:
            raise attempts[0].error or NoChangeError("the model wrote no change")
        verdict = good[0].verdict
        if verdict and not verdict.report.passed and not is_last:
            raise self._testing.failing(verdict.report, failed_tests(verdict.report.tail))
        for attempt in good:
            try:
                self._landing.carry_out(attempt, checker, task)
            except FailingTestsError as error:
                attempt.error = error
                if attempt is good[-1]:
                    raise
            else:
                return
