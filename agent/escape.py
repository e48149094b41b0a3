"""Untrusted text, made safe to put on a terminal."""

import unicodedata

# Drawn as nothing or as a blank though their category is a letter, a mark or a space.
_INVISIBLE = frozenset(
    map(
        chr,
        (
            0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
            *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
        ),
    )
)  # fmt: skip
_IDEOGRAPHIC_SPACE = "\u3000"  # wide, so it is seen, and every Chinese or Japanese text holds it
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


def printable(text: str, *, keep: str = "") -> str:
    r"""Return `text` with every character that is not plainly drawn replaced by one that is.

    Control characters become their pictures (ESC is `␛`); C1 controls, bidirectional overrides and other format
    characters, lone surrogates, odd spaces and invisible letters become `\x9b`, `\u202e`, `\U000e0041`. What
    comes out holds no terminal sequence and reads in the order it is stored. It may still look like rich markup:
    hand it to `rich.text.Text`, which reads none.

    Args:
        text: file names, diff lines, test output: whatever somebody else wrote.
        keep: control characters to leave as they are, such as `"\n"` or `"\n\t"`.

    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in keep else _shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character in (" ", _IDEOGRAPHIC_SPACE):
        return character
    if character not in _INVISIBLE and unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
