"""The `git` program, run so that nothing a repository configures can run code of its own."""

import fnmatch
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repo_index.errors import GitError, NoRepositoryError, NotARepositoryError

# A repository is untrusted: its configuration may name programs. Each of these would be run by plain porcelain.
_HARDENED = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "protocol.ext.allow=never",
    "-c", "safe.bareRepository=explicit",
    "-c", "submodule.recurse=false",
)  # fmt: skip
# Subcommands that touch neither contents nor other repositories: none of the programs below can come into play.
_HARMLESS = frozenset({"check-ignore", "config", "for-each-ref", "ls-files", "rev-parse", "symbolic-ref"})
# Where configuration has no harmless value to be overridden with, a flag does the same.
_DIFF_FLAGS = ("--no-ext-diff", "--no-textconv")
_FLAGS = {
    "diff": _DIFF_FLAGS,
    "fetch": ("--upload-pack=git-upload-pack",),
    "log": _DIFF_FLAGS,
    "ls-remote": ("--upload-pack=git-upload-pack",),
    "push": ("--receive-pack=git-receive-pack",),
    "show": _DIFF_FLAGS,
}
# Programs that a repository's configuration can name, and what stands in their place. Most have a name of the
# repository's own choosing in the middle, so its configuration has to be listed before it can be overridden.
_PROGRAMS = {
    "core.alternaterefscommand": "",
    "core.askpass": "",
    "core.gitproxy": "",
    "core.sshcommand": "ssh",
    "credential.*helper": "",
    "diff.*.textconv": "cat",
    "filter.*.clean": "",
    "filter.*.process": "",
    "filter.*.required": "false",
    "filter.*.smudge": "",
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.ssh.defaultkeycommand": "",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "gpgsm",
    "hook.*.command": "true",
    "merge.*.driver": "false",
}
# The variables by which git tells a hook its repository, and those that name a program for porcelain.
_DROPPED_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PAGER",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
_MISSING = "git is not installed, or not on PATH"
# What git says after it looked in every directory above; a `.git` that is there and broken gets other words.
_NO_REPOSITORY = "not a git repository (or any"


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one work tree. `root` is its top level, absolute and resolved.

    Nothing that the repository configures is executed: no hook, fsmonitor, filter, driver or helper. What the user
    configured for all repositories, such as git-lfs, goes on working, hooks apart.
    """

    root: Path

    @classmethod
    def discover(cls, directory: Path) -> "Git":
        """Find the work tree that holds `directory`.

        Raises:
            NoRepositoryError: there is none.
            NotARepositoryError: it is bare, its configuration points elsewhere, or git is not installed.

        """
        here = directory.resolve()
        if not here.is_dir():
            raise NotARepositoryError(f"{directory} is not a directory")
        try:
            root = _top_level(cls(here))
        except GitError as error:
            kind = NoRepositoryError if _NO_REPOSITORY in str(error) else NotARepositoryError
            raise kind(f"{here} is not inside a git work tree that can be used ({error}); {_advice(error)}") from error
        # `core.worktree` in a hostile repository could declare the home directory its work tree.
        try:
            elsewhere = _git_directory(cls(root)) != _git_directory(cls(here))
        except GitError:
            elsewhere = True
        if elsewhere:
            raise NotARepositoryError(
                f"the repository around {here} declares {root} its work tree, which is not where it stands; "
                "remove core.worktree from its configuration"
            )
        return cls(root)

    def run(
        self,
        *args: str | os.PathLike[str],
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """Run git and return its standard output.

        Args:
            args: the subcommand and its arguments.
            stdin: bytes for standard input; none closes it.
            env: variables added to a cleaned environment, such as `GIT_INDEX_FILE`.
            ok: exit codes that are no error.

        Raises:
            GitError: git is missing, or ended with another exit code; the message holds what it said.

        """
        command, environment = self._prepared(args, env)
        try:
            done = subprocess.run(
                command,
                input=stdin if stdin is not None else b"",
                capture_output=True,
                env=environment,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError(_MISSING) from error
        if done.returncode not in ok:
            raise _failure(args, done.returncode, done.stderr)
        return done.stdout

    def stream(
        self, *args: str | os.PathLike[str], timeout_s: float, env: Mapping[str, str] | None = None
    ) -> Generator[bytes, None, None]:
        """Run git and yield its standard output as it comes, in pieces that end anywhere.

        Git is killed when the time is up or the iterator is closed; `contextlib.closing` does so at once.

        Raises:
            GitError: git is missing, ended with an exit code, or was not done after `timeout_s` seconds.

        """
        deadline_s = time.monotonic() + timeout_s
        command, environment = self._prepared(args, env)
        with tempfile.TemporaryFile() as said, selectors.DefaultSelector() as selector:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=environment
                )
            except FileNotFoundError as error:
                raise GitError(_MISSING) from error
            ended = False
            with process:
                try:
                    out = process.stdout.fileno()  # type: ignore[union-attr]  # it is a pipe
                    selector.register(out, selectors.EVENT_READ)
                    while not ended and _is_ready(selector, deadline_s):
                        piece = os.read(out, 1 << 16)
                        ended = not piece
                        if piece:
                            yield piece
                finally:  # of the caller's closing, too
                    if not ended:
                        process.kill()
            if not ended:
                raise GitError(f"git {args[0]}: not done after {timeout_s:g} s")
            if process.returncode:
                said.seek(0)
                raise _failure(args, process.returncode, said.read())

    def path(self, name: str) -> Path:
        """Return an absolute path inside the git directory; worktrees each have their own."""
        out = self.run("rev-parse", "--git-path", name).removesuffix(b"\n")
        return self.root / os.fsdecode(out)

    def head(self) -> str | None:
        """Return the commit id of HEAD, or None where nothing was committed yet."""
        out = self.run("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1))
        return out.decode().strip() or None

    def _prepared(
        self, args: Sequence[str | os.PathLike[str]], env: Mapping[str, str] | None
    ) -> tuple[list[str], dict[str, str]]:
        """Return the command and its environment, in which nothing that the repository configures can run."""
        subcommand, *rest = map(str, args)
        environment = {key: value for key, value in os.environ.items() if key not in _DROPPED_VARIABLES}
        environment |= {
            "GIT_EDITOR": ":",
            "GIT_SEQUENCE_EDITOR": ":",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C.UTF-8",
        }
        if subcommand not in _HARMLESS:
            environment |= self._overrides(int(environment.get("GIT_CONFIG_COUNT") or 0))
        environment |= env or {}
        return ["git", "-C", str(self.root), *_HARDENED, subcommand, *_FLAGS.get(subcommand, ()), *rest], environment

    def _overrides(self, first: int) -> dict[str, str]:
        """Return variables that put a harmless value on each program that the repository itself configures.

        Variables, not `-c NAME=VALUE`: a repository may choose a name that holds `=`.
        """
        listed = self.run("config", "--list", "--includes", "--show-scope", "--name-only", "-z").split(b"\0")[:-1]
        names = sorted(
            {
                os.fsdecode(name)
                for scope, name in zip(listed[::2], listed[1::2], strict=True)
                if scope in {b"local", b"worktree"}
            }
        )
        found = [
            (name, value)
            for name in names
            for pattern, value in _PROGRAMS.items()
            if fnmatch.fnmatchcase(name, pattern)
        ]
        variables = {"GIT_CONFIG_COUNT": str(first + len(found))}
        for index, (name, value) in enumerate(found, start=first):
            variables |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": value}
        return variables


def _advice(error: GitError) -> str:
    if "bare repository" in str(error):
        return "a bare repository has no files to read: clone it, or add a work tree with `git worktree add`"
    return "where there is none yet, run `git init` first"


def _top_level(git: Git) -> Path:
    return Path(os.fsdecode(git.run("rev-parse", "--show-toplevel").removesuffix(b"\n"))).resolve()


def _is_ready(selector: selectors.BaseSelector, deadline_s: float) -> bool:
    left_s = deadline_s - time.monotonic()
    return left_s > 0 and bool(selector.select(left_s))


def _failure(args: Sequence[str | os.PathLike[str]], exit_code: int, stderr: bytes) -> GitError:
    return GitError(f"git {args[0]}: {stderr.decode(errors='replace').strip() or f'exit code {exit_code}'}")


def _git_directory(git: Git) -> Path:
    return Path(os.fsdecode(git.run("rev-parse", "--absolute-git-dir").removesuffix(b"\n"))).resolve()
