import random
import time
from email.utils import formatdate

import pytest

from model.endpoint.backoff import N_TRIES, delays, read_retry_after, wait_s
from model.errors import EndpointError


def test_delays_are_drawn_from_below_a_bound_that_doubles() -> None:
    drawn = [list(delays(random.Random(seed))) for seed in range(200)]
    assert {len(each) for each in drawn} == {N_TRIES - 1}
    for number, of_number in enumerate(zip(*drawn, strict=True)):
        bound = min(10.0, 0.5 * 2**number)
        assert 0 <= min(of_number) < 0.1 * bound
        assert 0.9 * bound < max(of_number) <= bound


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("", None), (None, None)])
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value) == seconds


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "Thu, 32 Foo 2026 00:00:00 GMT"])
def test_retry_after_that_says_nothing(value: str) -> None:
    assert read_retry_after(value) is None


def test_retry_after_as_a_date() -> None:
    assert read_retry_after(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=3)
    assert read_retry_after(formatdate(time.time() - 30, usegmt=True)) == 0.0


def test_what_the_server_wants_is_waited_for() -> None:
    assert wait_s(EndpointError("", passes=True, retry_after_s=5.0), 0.1) == 5.0
    assert wait_s(EndpointError("", passes=True, retry_after_s=0.0), 0.1) == 0.1
    assert wait_s(EndpointError("", passes=True), 0.1) == 0.1


@pytest.mark.parametrize(
    ("error", "delay_s"),
    [
        (EndpointError("", passes=False), 0.1),
        (EndpointError("", passes=True), None),
        (EndpointError("", passes=True, retry_after_s=61.0), 0.1),
    ],
)
def test_what_is_not_waited_for(error: EndpointError, delay_s: float | None) -> None:
    with pytest.raises(EndpointError) as raised:
        wait_s(error, delay_s)
    assert raised.value is error
