"""How long a job may go on: in seconds, or in tokens that the model writes."""

import re
import time
from dataclasses import dataclass, field

_UNITS_S = {"s": 1, "m": 60, "h": 3600}
_PATTERN = re.compile(r"(\d+(?:\.\d+)?)(?:(s|m|h)|(k?)-?tokens)")


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit that begins to run when it is made. It is looked at between rounds, so the last one may go beyond."""

    seconds: float | None = None
    tokens: int | None = None
    _started: float = field(default_factory=time.monotonic, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Allowance":
        """Read `90s`, `10m`, `1.5h`, `5000-tokens` or `50k-tokens`.

        Raises:
            ValueError: it is none of these.

        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None or float(match[1]) == 0:
            raise ValueError(f"{text!r} is no limit: write 90s, 10m, 1.5h or 50k-tokens")
        if match[2]:
            return cls(seconds=float(match[1]) * _UNITS_S[match[2]])
        return cls(tokens=int(float(match[1]) * (1000 if match[3] else 1)))

    def is_spent(self, n_tokens: int) -> bool:
        """Whether time is up, or so many tokens are too many."""
        if self.seconds is not None and time.monotonic() - self._started >= self.seconds:
            return True
        return self.tokens is not None and n_tokens >= self.tokens
