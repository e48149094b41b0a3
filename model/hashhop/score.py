"""How many answers are right, as a whole and at each hop, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model.hashhop.items import Item

_Z_95 = 1.959963984540054  # the normal distribution has 95% between ± so many deviations


@dataclass(frozen=True, slots=True)
class Score:
    """Of `n` answers, `right` are so as a whole; `by_hop` counts those right at each hop, whatever stands before."""

    n: int
    right: int
    by_hop: tuple[int, ...]

    @classmethod
    def of(cls, items: Sequence[Item], answers: Sequence[str]) -> "Score":
        """Compare answers with what is right, to the letter."""
        pairs = list(zip(items, answers, strict=True))
        hops = [item.right_parts(answer) for item, answer in pairs]
        by_hop = tuple(sum(parts) for parts in zip(*hops, strict=True))
        return cls(len(pairs), sum(item.is_right(answer) for item, answer in pairs), by_hop)

    @property
    def share(self) -> float:
        """The share that is right, 0 to 1."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of that share."""
        return wilson(self.right, self.n)


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the 95% score interval of a proportion (E. B. Wilson, 1927), which holds at 0 and 100%, too."""
    if not n:
        return 0.0, 1.0
    share, z2 = right / n, _Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)
