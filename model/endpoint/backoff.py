"""When to ask again: exponential back-off with full jitter, and what `Retry-After` says.

Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: of the schemes compared there, full jitter
makes the fewest requests for the work done where many clients meet one busy server.
"""

import math
import random
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from model.errors import EndpointError

N_TRIES = 6
_BASE_S = 0.5
_MOST_S = 10.0
# Beyond this a person would rather know than wait.
_LONGEST_WAIT_S = 60.0


def delays(rng: random.Random) -> Iterator[float]:
    """Yield the seconds before each further try."""
    for number in range(N_TRIES - 1):
        yield rng.uniform(0, min(_MOST_S, _BASE_S * 2**number))


def wait_s(error: EndpointError, delay_s: float | None) -> float:
    """Return how long to wait before the same is asked again; None as the delay says that it was asked often enough.

    Raises:
        EndpointError: the error itself, since asking again is of no use.

    """
    if not error.passes:
        raise error
    if delay_s is None:
        error.add_note(f"asked {N_TRIES} times")
        raise error
    if error.retry_after_s is not None and error.retry_after_s > _LONGEST_WAIT_S:
        error.add_note(f"it wants to be asked again in {error.retry_after_s:,.0f} s")
        raise error
    return max(delay_s, error.retry_after_s or 0.0)


def read_retry_after(value: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header names, as a number or a date; None where it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
