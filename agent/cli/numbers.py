"""Numbers as users write them: 100K, 1M, 1-6, 1,3."""

import re

import typer

_UNITS = {"": 1, "K": 1_000, "M": 1_000_000}


def sizes(text: str, option: str) -> tuple[int, ...]:
    """Read sizes such as `100K,1M`.

    Raises:
        typer.BadParameter: one of them is none.

    """
    return tuple(sorted({_size(part, option) for part in text.split(",")}))


def numbers(text: str, most: int, option: str) -> tuple[int, ...]:
    """Read numbers from 1 to `most`, such as `2`, `1,3` or `1-6`.

    Raises:
        typer.BadParameter: one of them is none.

    """
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part.strip())
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span or span[0] < 1 or span[-1] > most:
            raise typer.BadParameter(
                f"{text!r} does not say which; write numbers from 1 to {most} as 2 or 1,3 or 1-{most}",
                param_hint=option,
            )
        found |= set(span)
    return tuple(sorted(found))


def _size(text: str, option: str) -> int:
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([KM]?)", text.strip().upper().replace("_", ""))
    size = round(float(match[1]) * _UNITS[match[2]]) if match else 0
    if size < 1:
        raise typer.BadParameter(
            f"{text!r} is no size; write 100000, 100K or 1M, several as 100K,1M", param_hint=option
        )
    return size
