"""How often the syntax check is wrong, by what real commits did.

`python -m tests.benchmarks.bench_syntax --repo DIR …`. What a commit made of a file was right, so each finding is a
false one. From each file of the newest commit one `{`, one `)` and so on is then taken away: what is not found is
missed, though without some of them a file is right as well. The last line is one JSON object: by language, `changed`,
`created` and `broken` as [findings, of so many].
"""

import argparse
import json
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from agent.syntax import check_syntax, language_of
from repo_index.errors import UndecodableError
from repo_index.text import TextFile

_FILES = (b"100644", b"100755")
_MAX_CHARS = 500_000
_TAKEN = "{}()"


def main() -> None:
    """Print a line a repository and language, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repo", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--commits", type=int, default=300, metavar="N")
    parser.add_argument("--files", type=int, default=100, metavar="N", help="per repository, to break")
    parser.add_argument("--only", nargs="*", metavar="LANGUAGE")
    options = parser.parse_args()
    total: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for path in options.repo:
        repository = _Repository(path, set(options.only or ()))
        for language, kind, found in (*repository.history(options.commits), *repository.broken(options.files)):
            count = total[language][kind]
            count[0] += found
            count[1] += 1
        print(f"{path}: {len(total)} languages so far", flush=True)  # noqa: T201
    for language, counts in sorted(total.items()):
        print(language, *(f"{kind} {found}/{n}" for kind, (found, n) in sorted(counts.items())))  # noqa: T201
    print(json.dumps(total))  # noqa: T201


class _Repository:
    """Texts of one repository, of `only` some languages or of all."""

    def __init__(self, path: Path, only: set[str]) -> None:
        self._command = ["git", "-C", str(path)]
        self._only = only
        blobs = subprocess.Popen([*self._command, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert blobs.stdin
        assert blobs.stdout
        self._names, self._blobs = blobs.stdin, blobs.stdout

    def history(self, n_commits: int) -> Iterator[tuple[str, str, bool]]:
        """Yield language, "changed" or "created", and whether something was found, for what commits did."""
        log = ("log", "--no-merges", "--raw", "-z", "--no-abbrev", "--no-renames", f"-n{n_commits}", "--format=")
        fields = iter(self._run(*log).split(b"\0"))
        for field in fields:
            if not (words := field.strip().lstrip(b":").split(b" "))[0]:
                continue
            path = PurePosixPath(next(fields).decode(errors="replace"))
            old_mode, new_mode, old, new, *_ = words
            language = self._language(path)
            if language is None or new_mode not in _FILES:
                continue
            before = self._text(old.decode()) if old_mode in _FILES else None
            after = self._text(new.decode())
            if after is not None and (before is not None or old_mode not in _FILES):
                found = bool(check_syntax(language, before, after, path=path))
                yield language, "created" if before is None else "changed", found

    def broken(self, n_files: int) -> Iterator[tuple[str, str, bool]]:
        """Yield language, "broken" and whether something was found, for files without one of their brackets."""
        draw = random.Random(0)
        names = self._run("ls-tree", "-r", "--name-only", "-z", "HEAD").decode(errors="replace").split("\0")[:-1]
        paths = [path for path in map(PurePosixPath, names) if self._language(path)]
        for path in draw.sample(paths, min(n_files, len(paths))):
            language, text = self._language(path), self._text(f"HEAD:{path}")
            for sign in _TAKEN if language and text else "":
                places = [at for at, character in enumerate(text or "") if character == sign]
                if text and language and places:
                    at = draw.choice(places)
                    without = text[:at] + text[at + 1 :]
                    yield language, "broken", bool(check_syntax(language, text, without, path=path))

    def _run(self, *args: str) -> bytes:
        return subprocess.run([*self._command, *args], check=True, capture_output=True).stdout

    def _language(self, path: PurePosixPath) -> str | None:
        language = language_of(path)
        return language if not self._only or language in self._only else None

    def _text(self, name: str) -> str | None:
        self._names.write(f"{name}\n".encode())
        self._names.flush()
        *_, size = self._blobs.readline().split()
        if size == b"missing":
            return None
        data = self._blobs.read(int(size) + 1)[:-1]
        try:
            text = TextFile.decode(data).text
        except UndecodableError:
            return None
        return text if len(text) <= _MAX_CHARS else None


if __name__ == "__main__":
    main()
