"""Text that somebody else wrote must not steer the terminal, nor hide what it says."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from agent.escape import printable


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain = 'text'  # [bold]", "plain = 'text'  # [bold]"),
        ("\x1b[31mred\x1b]0;title\x07", "␛[31mred␛]0;title␇"),
        ("a\rb\x08\x7f", "a␍b␈␡"),
        ("\x9b31m", "\\x9b31m"),
        ("if user != '\u202e\u2066admin'", "if user != '\\u202e\\u2066admin'"),
        ("ze\u200bro\ufeff", "ze\\u200bro\\ufeff"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("a\u2028b", "a\\u2028b"),
        ("\udc80", "\\udc80"),
        ("a\u00a0b", "a\\xa0b"),
        ("\u3164 = 1", "\\u3164 = 1"),
        ("naïve 日本語\u3000ok 🎉", "naïve 日本語\u3000ok 🎉"),
    ],
)
def test_shows_what_is_hidden(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_keeps_tabs_and_newlines_only_when_told() -> None:
    assert printable("a\tb\n") == "a␉b␊"
    assert printable("a\tb\n", keep="\n") == "a␉b\n"
    assert printable("a\tb\n", keep="\n\t") == "a\tb\n"


@given(st.text(st.characters()))
def test_nothing_that_comes_out_controls_a_terminal(raw: str) -> None:
    shown = printable(raw)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert printable(shown) == shown
    shown.encode()


@given(st.text(st.sampled_from("[]/boldlink=\\ \x1b"), max_size=40))
def test_markup_is_text(raw: str) -> None:
    out = io.StringIO()
    Console(file=out, width=1000).print(Text(printable(raw)), soft_wrap=True, end="")
    assert out.getvalue() == printable(raw)
