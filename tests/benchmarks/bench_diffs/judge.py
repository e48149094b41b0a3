"""Whether a diff applies: by its own line numbers, by git, and by all that `magicode apply` does, down to the bytes."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.errors import ExitCode, message_of
from agent.parse import parse_patch
from agent.patch import Patch
from agent.paths import needs_consent
from agent.proposal import Checker
from agent.validate import ValidatedPatch
from agent.workspace import Workspace
from repo_index.git import Git
from repo_index.text import TextFile
from tests.benchmarks.bench_diffs.worktree import WorkTree
from tests.benchmarks.sources import ROOT
from tests.fakes.driving import apply_plainly

_COMMAND_TIMEOUT_S = 120


class DoesNotApplyError(Exception):
    """A diff comes to another result than it must."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a diff. Where it did not apply, `stage` says who found out and `error` what.

    What is applied is the text as the agent renders it: with the files' own bytes, and three lines of context.
    `git_as_written` is whether git takes the very text of the answer as well. It may end a hunk without context, which
    git takes for the end of the file unless it is told `--unidiff-zero`, and its lines end in `\\n`. With that option
    it must apply to files that are `plain`: in UTF-8 without a mark, each line ended by `\\n`.
    """

    n_files: int = 0
    n_hunks: int = 0
    plain: bool = False
    git_as_written: bool = False
    command: str = ""  # "applied" or "refused" where the real command was run
    stage: str = ""
    error: str = ""


class Judge:
    """Judges diffs against one work tree, which is as it was after each."""

    def __init__(self, tree: WorkTree, checker: Checker) -> None:
        """Take a tree, and the checker of its snapshot, which says yes to everything."""
        self._tree = tree
        self._checker = checker
        self._workspace = Workspace(Git.discover(tree.root))

    def judge(self, diff: str, *, with_command: bool) -> Verdict:
        """Apply a diff in every way, and compare. `with_command` runs the real `magicode apply`, too."""
        counts = Verdict()
        stage, command = "parse", ""
        try:
            patch = parse_patch(diff)
            old = _old_texts(patch, self._checker.texts)
            counts = Verdict(
                n_files=len(patch.files),
                n_hunks=sum(len(file.hunks) for file in patch.files),
                plain=all(_is_plain(text) for text in old.values()),
                git_as_written=not self._tree.refusal(diff.encode()),
            )
            stage = "numbers"
            expected = apply_plainly(diff, old)
            stage = "place"
            checked = self._checker.check_text(diff)
            _require_exact(patch, checked)
            _require_lines(expected, checked)
            stage = "git"
            self._require_git(checked.render())
            if counts.plain:
                self._require_git(diff.encode(), "--unidiff-zero")
            stage = "apply"
            try:
                self._workspace.apply(checked, task="bench")
                self._require_bytes(checked)
                if with_command:
                    stage = "command"
                    self._tree.restore()
                    command = self._run_command(diff, patch, checked)
            finally:
                self._tree.restore()
        except Exception as error:  # noqa: BLE001 - whatever it is, this diff does not apply
            return _but(counts, stage=stage, error=f"{type(error).__name__}: {message_of(error)}")
        return _but(counts, command=command)

    def _require_git(self, diff: bytes, *options: str) -> None:
        if refusal := self._tree.refusal(diff, *options):
            raise DoesNotApplyError(" ".join([*options, refusal]))

    def _run_command(self, diff: str, patch: Patch, checked: ValidatedPatch) -> str:
        """Run `magicode apply -y`, which must do the same, or refuse what needs a yes of somebody who was asked."""
        paths = [path for file in patch.files for path in (file.old_path, file.new_path) if path is not None]
        with tempfile.NamedTemporaryFile(suffix=".diff") as file:
            Path(file.name).write_bytes(diff.encode())
            command = [sys.executable, "-m", "magicode", "apply", file.name, "--yes", "--allow-syntax-errors"]
            done = subprocess.run(
                [*command, "--cd", str(self._tree.root)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_COMMAND_TIMEOUT_S,
                check=False,
            )
        wanted = ExitCode.REFUSED if any(map(needs_consent, paths)) else ExitCode.DONE
        if done.returncode != wanted:
            raise DoesNotApplyError(f"exit code {done.returncode}, not {wanted}: {done.stderr.decode()[-2000:]}")
        if wanted == ExitCode.DONE:
            self._require_bytes(checked)
            return "applied"
        if changed := self._tree.changed():
            raise DoesNotApplyError(f"refused, and yet it changed {sorted(changed)}")
        return "refused"

    def _require_bytes(self, checked: ValidatedPatch) -> None:
        """Look at the disk: each file of the patch is as it was placed, and no other is changed."""
        changed = self._tree.changed()
        for path, text in checked.new_texts.items():
            file = self._tree.root / path
            found = file.read_bytes() if file.is_file() else None
            if found != (None if text is None else text.encode()):
                raise DoesNotApplyError(f"{path} has other bytes on disk than it was given")
            changed.discard(str(path))
        if changed:
            raise DoesNotApplyError(f"changed, too: {sorted(changed)}")


def _old_texts(patch: Patch, texts: Mapping[PurePosixPath, TextFile]) -> dict[PurePosixPath, TextFile]:
    return {file.old_path: texts[file.old_path] for file in patch.files if file.old_path is not None}


def _is_plain(text: TextFile) -> bool:
    return not text.bom and text.encoding == "utf-8" and set(text.endings) <= {"\n"}


def _require_exact(patch: Patch, checked: ValidatedPatch) -> None:
    """Require that each hunk was found where its numbers say."""
    hunks = {file.path: file.hunks for file in patch.files}
    for placement in checked.placements:
        hunk = hunks[placement.path][placement.hunk_index]
        if not hunk.trusted:
            raise DoesNotApplyError(f"{placement.path}: the counts of hunk {placement.hunk_index + 1} are wrong")
        if placement.tier != "exact" or placement.old_start != max(1, hunk.old_start):
            raise DoesNotApplyError(
                f"{placement.path}: hunk {placement.hunk_index + 1} was found at line {placement.old_start} "
                f"({placement.tier}), not at {hunk.old_start}"
            )


def _require_lines(expected: Mapping[str, list[str] | None], checked: ValidatedPatch) -> None:
    """Require the lines that the diff makes by its numbers alone."""
    if {str(path) for path in checked.new_texts} != expected.keys():
        raise DoesNotApplyError(f"it names {sorted(expected)}, and changes {sorted(map(str, checked.new_texts))}")
    sources = {file.path: file.old_path for file in checked.patch.files}
    for path, text in checked.new_texts.items():
        lines = expected[str(path)]
        found = None if text is None else list(text.lines)
        # Behind an open last line a blank one is that line's end, and no line.
        source = sources.get(path)
        old = checked.old_texts[source] if source else None
        ends_open = old is not None and not old.ends_with_newline
        if found != lines and not (lines and lines[-1] == "" and ends_open and found == lines[:-1]):
            raise DoesNotApplyError(f"{path} comes out with other lines than the diff says")


def _but(verdict: Verdict, *, stage: str = "", error: str = "", command: str = "") -> Verdict:
    return Verdict(verdict.n_files, verdict.n_hunks, verdict.plain, verdict.git_as_written, command, stage, error)
