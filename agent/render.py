"""From a patch to its text: for showing (`patch_text`) and, byte for byte, for `git apply` (`render_patch`)."""

import base64
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from agent.patch import FilePatch, Hunk, Line, Patch
from agent.paths import quote
from repo_index.text import TextFile

_DEV_NULL = "/dev/null"
_ID_LENGTH = 12  # hexadecimal digits of a blob id in a text patch; binary patches need all of them
_BINARY_ROW = 52  # bytes on a row of a binary patch, so that one letter can say how many
_EMPTY = TextFile((), ())


def blob_id(data: bytes) -> str:
    """Return git's SHA-1 object id of a blob with these bytes."""
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def patch_text(patch: Patch) -> str:
    """Return a patch as text to show. `parse_patch` of it gives the patch again."""
    return "".join(
        "".join(_header(file, index_line="")) + "".join(_names(file)) + "".join(_hunks(file.hunks))
        for file in patch.files
    )


def render_patch(
    patch: Patch,
    old_texts: Mapping[PurePosixPath, TextFile | None],
    new_texts: Mapping[PurePosixPath, TextFile | None],
) -> bytes:
    """Return the diff that `git apply` takes and that makes exactly the bytes of `new_texts`.

    Args:
        patch: a placed patch: its old lines are the files' own, and three lines of context stand around changes.
        old_texts: the files before, by path; None where there is none.
        new_texts: the files after.

    Each file's lines are in its own encoding. A file in UTF-16 or UTF-32 is rendered as a binary patch, for a
    text patch cannot carry it.

    """
    return b"".join(_render_file(file, old_texts, new_texts) for file in patch.files)


def _render_file(
    file: FilePatch,
    old_texts: Mapping[PurePosixPath, TextFile | None],
    new_texts: Mapping[PurePosixPath, TextFile | None],
) -> bytes:
    old = (old_texts[file.old_path] if file.old_path else None) or _EMPTY
    new = (new_texts[file.new_path] if file.new_path else None) or _EMPTY
    before, after = old.encode(), new.encode()
    if before == after and file.kind in ("modify", "rename"):
        return "".join(_header(file, index_line="")).encode()
    binary = _is_opaque(old) or _is_opaque(new)
    n_digits = None if binary else _ID_LENGTH
    old_id = blob_id(before) if file.old_path else "0" * 40
    new_id = blob_id(after) if file.new_path else "0" * 40
    head = "".join(_header(file, index_line=f"index {old_id[:n_digits]}..{new_id[:n_digits]}\n")).encode()
    if binary:
        return head + b"GIT binary patch\n" + _literal(after) + _literal(before)
    if not file.hunks:
        return head
    encoding = new.encoding if file.new_path else old.encoding
    marked = old.bom or new.bom
    body = "".join(_hunks(_with_mark(file.hunks) if marked else file.hunks))
    return head + "".join(_names(file)).encode() + body.encode(encoding)


def _is_opaque(file: TextFile) -> bool:
    """Whether a text patch cannot carry the file: a wide encoding, or nothing but a byte-order mark."""
    return file.encoding.startswith(("utf-16", "utf-32")) or (bool(file.bom) and not file.lines)


def _header(file: FilePatch, *, index_line: str) -> Iterator[str]:
    old, new = file.old_path or file.path, file.new_path or file.path
    yield f"diff --git {quote(f'a/{old}')} {quote(f'b/{new}')}\n"
    match file.kind:
        case "create":
            if file.mode is not None or index_line or not file.hunks:
                yield f"new file mode {file.mode or '100644'}\n"
        case "delete":
            yield "deleted file mode 100644\n"
        case _:
            if file.mode is not None:
                yield f"old mode {'100644' if file.mode == '100755' else '100755'}\n"
                yield f"new mode {file.mode}\n"
    if file.kind == "rename":
        yield f"rename from {quote(str(old))}\n"
        yield f"rename to {quote(str(new))}\n"
    yield index_line


def _names(file: FilePatch) -> Iterator[str]:
    if file.hunks:
        yield f"--- {_side('a', file.old_path)}\n"
        yield f"+++ {_side('b', file.new_path)}\n"


def _side(prefix: str, path: PurePosixPath | None) -> str:
    if path is None:
        return _DEV_NULL
    name = quote(f"{prefix}/{path}")
    return f"{name}\t" if " " in name else name  # the tab tells GNU patch, and us, where the name ends


def _hunks(hunks: tuple[Hunk, ...]) -> Iterator[str]:
    offset = 0
    for hunk in hunks:
        n_old, n_new = len(hunk.old_lines), len(hunk.new_lines)
        section = f" {hunk.section}" if hunk.section else ""
        if hunk.trusted:
            # a side without lines is named by the line before it
            new_start = hunk.old_start + offset + (n_old == 0) - (n_new == 0)
            yield f"@@ -{hunk.old_start},{n_old} +{max(new_start, 0)},{n_new} @@{section}\n"
        else:
            yield f"@@ ... @@{section}\n"
        for line in hunk.lines:
            yield line.marker + line.text + (line.ending or "\n\\ No newline at end of file\n")
        offset += n_new - n_old


def _with_mark(hunks: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    """Put the byte-order mark before the first line of each side, where the file's bytes have it."""
    if not hunks or hunks[0].old_start > 1:
        return hunks
    lines: list[Line] = []
    open_sides = {"-", "+"}
    for line in hunks[0].lines:
        sides = {"-", "+"} if line.marker == " " else {line.marker}
        marked = bool(sides & open_sides)
        open_sides -= sides
        lines.append(Line(line.marker, "\ufeff" + line.text, line.newline, line.crlf) if marked else line)
    return (Hunk(hunks[0].old_start, tuple(lines)), *hunks[1:])


def _literal(data: bytes) -> bytes:
    """Return one side of a binary patch: git's base 85 of the deflated bytes, each row led by its length."""
    deflated = zlib.compress(data)
    rows = [deflated[i : i + _BINARY_ROW] for i in range(0, len(deflated), _BINARY_ROW)]
    return b"".join(
        [
            b"literal %d\n" % len(data),
            *(_row_length(len(row)) + base64.b85encode(row, pad=True) + b"\n" for row in rows),
            b"\n",
        ]
    )


def _row_length(n_bytes: int) -> bytes:
    return bytes([ord("A") + n_bytes - 1 if n_bytes <= 26 else ord("a") + n_bytes - 27])
