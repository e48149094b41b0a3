"""A file's bytes as lines, with all that is needed to write the same bytes again."""

import codecs
from dataclasses import dataclass
from typing import Literal, Self

from repo_index.errors import UndecodableError

Ending = Literal["\n", "\r\n", ""]

_BOMS: tuple[tuple[bytes, str], ...] = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1B}


@dataclass(frozen=True, slots=True)
class TextFile:
    r"""Lines without their endings, each ending, the encoding and the byte-order mark.

    Lines are split at `\n` alone, as git does; a `\r` before it belongs to the ending. `decode` and `encode`
    are inverse: `TextFile.decode(data).encode() == data` for all data that `decode` accepts.
    """

    lines: tuple[str, ...]
    endings: tuple[Ending, ...]
    encoding: str = "utf-8"
    bom: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read bytes as text: a byte-order mark decides, else UTF-8, else Latin-1.

        Raises:
            UndecodableError: the bytes look binary (a NUL or other control bytes), or contradict their mark.

        """
        text, encoding, bom = _decode(data)
        return cls.from_text(text, encoding=encoding, bom=bom)

    @classmethod
    def from_text(cls, text: str, *, encoding: str = "utf-8", bom: bytes = b"") -> Self:
        r"""Split text at `\n`; a text that does not end in one has a last line with an empty ending."""
        pieces = text.split("\n")
        last = pieces.pop()
        endings: list[Ending] = ["\r\n" if piece.endswith("\r") else "\n" for piece in pieces]
        lines = [piece.removesuffix("\r") for piece in pieces]
        if last:
            lines.append(last)
            endings.append("")
        return cls(tuple(lines), tuple(endings), encoding, bom)

    def encode(self) -> bytes:
        """Return the file's exact bytes.

        Raises:
            UnicodeEncodeError: a line holds a character that the file's encoding lacks.

        """
        text = "".join(line + ending for line, ending in zip(self.lines, self.endings, strict=True))
        return self.bom + text.encode(self.encoding)

    @property
    def text(self) -> str:
        r"""The text as a model sees it: every ending is `\n`."""
        return "".join(line + ("\n" if ending else "") for line, ending in zip(self.lines, self.endings, strict=True))

    @property
    def ends_with_newline(self) -> bool:
        """Whether the last line is terminated; an empty file counts as terminated."""
        return not self.endings or self.endings[-1] != ""

    @property
    def newline(self) -> Ending:
        r"""The ending that most lines have, for lines that are added: `\n` unless CRLF leads."""
        return "\r\n" if self.endings.count("\r\n") * 2 > len(self.endings) else "\n"


def decode_text(data: bytes) -> tuple[str, str]:
    r"""Return the text of bytes as a model sees it, and the encoding; much faster than all of a `TextFile`.

    Raises:
        UndecodableError: as `TextFile.decode`.

    """
    text, encoding, _ = _decode(data)
    return text.replace("\r\n", "\n") if "\r" in text else text, encoding


def _decode(data: bytes) -> tuple[str, str, bytes]:
    """Return the text with its endings, the encoding and the byte-order mark."""
    bom, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(bom) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if bom:
            raise UndecodableError(f"not {encoding}, though its byte-order mark says so") from error
        encoding, text = "latin-1", body.decode("latin-1")
    if "\0" in text or (encoding == "latin-1" and not _CONTROLS.isdisjoint(body)):
        raise UndecodableError("binary")
    return text, encoding, bom
