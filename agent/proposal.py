"""From a diff to a validated patch, on one snapshot of the repository."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from agent.parse import parse_patch
from agent.patch import Patch
from agent.paths import needs_consent
from agent.place import place
from agent.validate import ValidatedPatch, validate
from repo_index.snapshot import RepoSnapshot, SourceFile
from repo_index.text import TextFile

Consent = Callable[[PurePosixPath, str], bool]  # path, why it needs a yes → the user's answer


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
    """Parses, places and validates diffs against one snapshot."""

    snapshot: RepoSnapshot
    consent: Consent
    allow_syntax_errors: bool = False
    texts: SnapshotTexts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", SnapshotTexts(self.snapshot))

    def check_text(self, text: str) -> ValidatedPatch:
        """Check what a model, or a user, wrote.

        Raises:
            AgentError: it is no diff, fits nowhere, is refused, or breaks syntax.

        """
        return self.check(parse_patch(text))

    def check(self, patch: Patch) -> ValidatedPatch:
        """Check a patch that was parsed, such as what is left of one after review."""
        placed = place(patch, self.texts, others=[skipped.path for skipped in self.snapshot.skipped])
        touched = {path for file in placed.patch.files for path in (file.old_path, file.new_path) if path}
        agreed = {path for path in touched if (why := needs_consent(path)) and self.consent(path, why)}
        return validate(placed, allow_syntax_errors=self.allow_syntax_errors, consent=agreed)
