"""The gate before the user's files: paths, encodings and syntax of a placed patch."""

from collections.abc import Container, Mapping
from dataclasses import InitVar, dataclass
from pathlib import PurePosixPath

from agent.errors import BrokenSyntaxError, PatchError, UntrustedError
from agent.patch import Patch
from agent.paths import check_path, needs_consent
from agent.place import PlacedPatch, Placement
from agent.render import blob_id, render_patch
from agent.syntax import Finding, check_syntax, language_of
from repo_index.errors import UndecodableError
from repo_index.text import TextFile

_BY_VALIDATE = object()
_MANY = 5  # how many places an error quotes


@dataclass(frozen=True, slots=True)
class ValidatedPatch:
    """A change that may be applied. Only `validate` makes one; whatever writes files takes nothing else.

    `base` has the blob id of each named path's bytes before the change, None where there was no file. `findings`
    are syntax errors that were allowed; `unchecked` are files in languages that are not checked.
    """

    patch: Patch
    base: Mapping[PurePosixPath, str | None]
    old_texts: Mapping[PurePosixPath, TextFile | None]
    new_texts: Mapping[PurePosixPath, TextFile | None]
    placements: tuple[Placement, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[PurePosixPath, ...]
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _BY_VALIDATE:
            raise TypeError("a ValidatedPatch is made by agent.validate.validate alone")

    def render(self) -> bytes:
        """Return the diff for `git apply`; see `render_patch`."""
        return render_patch(self.patch, self.old_texts, self.new_texts)


def validate(
    placed: PlacedPatch,
    base: Mapping[PurePosixPath, str | None] | None = None,
    *,
    allow_syntax_errors: bool = False,
    consent: Container[PurePosixPath] = (),
) -> ValidatedPatch:
    """Check a placed patch and seal it.

    Args:
        placed: what `place` found.
        base: blob ids of the bytes that the patch was placed on; computed (SHA-1) where none are given.
        allow_syntax_errors: keep new syntax errors as findings instead of refusing them.
        consent: the self-executing files to which the user said yes.

    Raises:
        PolicyError: a path is refused.
        UntrustedError: a file executes on its own and is not in `consent`.
        PatchError: a line cannot be written in its file's encoding.
        BrokenSyntaxError: the change breaks a file's syntax.

    """
    _check_paths(placed.patch, consent)
    for path, text in placed.new_texts.items():
        if text is not None:
            _check_encoding(path, text)
    findings: list[Finding] = []
    unchecked: list[PurePosixPath] = []
    for file in placed.patch.files:
        if file.new_path is None or not file.hunks:
            continue
        language = language_of(file.new_path)
        if language is None:
            unchecked.append(file.new_path)
        old = placed.old_texts[file.old_path] if file.old_path else None
        new = placed.new_texts[file.new_path]
        if new is not None:
            findings += check_syntax(language, old.text if old else None, new.text, path=file.new_path)
    if findings and not allow_syntax_errors:
        shown = "\n".join(f"  {finding}" for finding in findings[:_MANY])
        more = f"\n  and {len(findings) - _MANY} more" if len(findings) > _MANY else ""
        raise BrokenSyntaxError(f"the change breaks syntax that was right before it:\n{shown}{more}")
    paths = placed.old_texts.keys()
    return ValidatedPatch(
        patch=placed.patch,
        base=_blob_ids(placed.old_texts) if base is None else {path: base.get(path) for path in paths},
        old_texts=placed.old_texts,
        new_texts=placed.new_texts,
        placements=placed.placements,
        findings=tuple(findings),
        unchecked=tuple(unchecked),
        made_by=_BY_VALIDATE,
    )


def _check_paths(patch: Patch, consent: Container[PurePosixPath]) -> None:
    paths = [path for file in patch.files for path in (file.old_path, file.new_path) if path is not None]
    asking: dict[PurePosixPath, str] = {}
    for path in paths:
        check_path(path)
        reason = needs_consent(path)
        if reason is not None and path not in consent:
            asking[path] = reason
    if asking:
        listed = "; ".join(f"{path}: {reason}" for path, reason in asking.items())
        raise UntrustedError(
            "the change touches files that execute on their own, which needs your yes; run the command on a terminal "
            f"to be asked: {listed}"
        )


def _check_encoding(path: PurePosixPath, text: TextFile) -> None:
    for number, line in enumerate(text.lines, 1):
        try:
            line.encode(text.encoding)
        except UnicodeEncodeError as error:
            character = line[error.start]
            raise PatchError(
                f"{path}:{number}: {text.encoding}, the file's encoding, lacks U+{ord(character):04X} "
                f"({character!a}); write that line without it"
            ) from error
    try:
        TextFile.decode(text.encode())
    except UndecodableError as error:
        raise PatchError(f"{path}: the change writes control characters that make the file {error}") from error


def _blob_ids(texts: Mapping[PurePosixPath, TextFile | None]) -> dict[PurePosixPath, str | None]:
    return {path: None if text is None else blob_id(text.encode()) for path, text in texts.items()}
