"""From a diff to a validated patch, on one snapshot of the repository."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from agent.amending import AmendedTexts, combined
from agent.errors import BrokenSyntaxError, NoChangeError, PatchError, PlacementError, ReviewError
from agent.parse import parse_patch
from agent.patch import FilePatch, Patch
from agent.paths import needs_consent
from agent.place import place
from agent.validate import ValidatedPatch, validate
from repo_index.snapshot import RepoSnapshot, SourceFile
from repo_index.text import TextFile

Consent = Callable[[FilePatch, str], bool]  # what happens to a file, why that needs a yes → the user's answer
Review = Callable[[ValidatedPatch], Patch]  # a patch → what the user takes of it, possibly nothing


class SnapshotTexts(Mapping[PurePosixPath, TextFile]):
    """The files of a snapshot by path, each read from disk when it is first asked for."""

    def __init__(self, snapshot: RepoSnapshot) -> None:
        """Know every path; hold no text yet."""
        self._files: dict[PurePosixPath, SourceFile] = {file.path: file for file in snapshot.files}
        self._read: dict[PurePosixPath, TextFile] = {}

    def __getitem__(self, path: PurePosixPath) -> TextFile:
        """Return a file's text; raises StaleSnapshotError where it changed since."""
        if path not in self._read:
            self._read[path] = self._files[path].read_file()
        return self._read[path]

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@dataclass(frozen=True, slots=True)
class Checker:
    """Parses, places and validates diffs against one snapshot; `texts` are the files that they are written against."""

    snapshot: RepoSnapshot
    consent: Consent
    allow_syntax_errors: bool = False
    base: ValidatedPatch | None = None  # a change that is not made yet, on top of which diffs are written
    known: SnapshotTexts | None = None  # the files as they are, where some were read already
    texts: Mapping[PurePosixPath, TextFile] = field(init=False)

    def __post_init__(self) -> None:
        known = SnapshotTexts(self.snapshot) if self.known is None else self.known
        object.__setattr__(self, "known", known)
        object.__setattr__(self, "texts", AmendedTexts(known, self.base) if self.base else known)

    def on_top_of(self, base: ValidatedPatch | None) -> "Checker":
        """Return what checks diffs that are written on top of a change; of none: against the files as they are."""
        return replace(self, base=base)

    def check_text(self, text: str) -> ValidatedPatch:
        """Check what a model, or a user, wrote; on top of a change, return both as one.

        A diff that fits the files without that change alone takes its place.

        Raises:
            AgentError: it is no diff, fits nowhere, is refused, or breaks syntax.

        """
        patch = parse_patch(text)
        try:
            return self._check(patch, self._agreed)
        except PlacementError as error:
            if self.base is None:
                raise
            try:
                return self.on_top_of(None).check_text(text)
            except (PlacementError, NoChangeError):
                raise error from None

    def reviewed(self, patch: ValidatedPatch, review: Review) -> ValidatedPatch | None:
        """Return what the user takes of a patch, checked again where that is not all of it; None for nothing.

        Raises:
            ReviewError: what is left cannot be applied without the rest, or breaks syntax.

        """
        accepted = review(patch)
        if not accepted.files:
            return None
        if accepted == patch.patch:
            return patch
        try:
            return self._check(accepted, _touched)  # what needed a yes was asked about when the whole was checked
        except (PatchError, BrokenSyntaxError, NoChangeError) as error:
            raise ReviewError(f"what you took cannot stand without the rest: {error}") from error

    def _check(self, patch: Patch, agreed: Callable[[Patch], set[PurePosixPath]]) -> ValidatedPatch:
        placed = place(patch, self.texts, others=[skipped.path for skipped in self.snapshot.skipped])
        consent = agreed(placed.patch)
        if self.base:
            placed, consent = combined(self.base, placed), consent | _touched(self.base.patch)
        return validate(placed, allow_syntax_errors=self.allow_syntax_errors, consent=consent)

    def _agreed(self, patch: Patch) -> set[PurePosixPath]:
        """Ask about each file that executes on its own; return the paths of those that got a yes."""
        agreed: set[PurePosixPath] = set()
        for file in patch.files:
            reasons = [reason for path in _paths(file) if (reason := needs_consent(path))]
            if reasons and self.consent(file, reasons[0]):
                agreed.update(_paths(file))
        return agreed


def _touched(patch: Patch) -> set[PurePosixPath]:
    return {path for file in patch.files for path in _paths(file)}


def _paths(file: FilePatch) -> list[PurePosixPath]:
    return [path for path in (file.old_path, file.new_path) if path is not None]
