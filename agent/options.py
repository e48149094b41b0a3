"""What the user asks of a job besides the task."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agent.allowance import Allowance
from model.api import Sampling

WORKING_SET_TOKENS = 4096
Attention = Literal["auto", "dense", "memory"]


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the user asked for besides the task. `test_timeout_s` is in seconds; `context_limit` in tokens.

    With `attention` "dense" the model reads all of the repository, with "memory" up to `working_set_tokens` of what the
    task is routed to; "auto" is dense where all fits the model's window. With an `allowance` the model is asked again
    until something passes or that is spent, whatever `max_repairs` says. `tests_all` tests each attempt of a round,
    also behind one that passed.

    What a task names by `@path` is looked for below `directory` first, then below the root.

    An answer that is not `constrained` is free text; the diff in it is placed by its lines. One that was cut off
    counts as far as its hunks are complete, if `allow_truncated`.
    """

    sampling: Sampling = field(default_factory=Sampling)
    context_limit: int | None = None
    attention: Attention = "auto"
    working_set_tokens: int = WORKING_SET_TOKENS
    directory: Path | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    apply: bool = True
    allow_dirty: bool = False
    allow_syntax_errors: bool = False
    test_command: str | None = None
    test_timeout_s: float = 600.0
    sandboxed: bool = True
    max_repairs: int = 0
    allowance: Allowance | None = None
    tests_all: bool = False
    constrained: bool = True
    allow_truncated: bool = False
