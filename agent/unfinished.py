"""A job that was interrupted, as far as it came: kept with the user's state, so that it can go on with its answers."""

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from agent.errors import ConfigError, WriteError
from agent.state import state_folder
from model.api import Completion
from repo_index.history import Turn

_ID = re.compile(r"interrupted-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a job: what was `said`, the last of which the model answers, and its `answers`.

    They are written on top of the diff `base`, with which tests fail as `base_severity` says; where it is empty, of the
    files.
    """

    said: tuple[Turn, ...]
    answers: tuple[Completion, ...] = ()
    base: str = ""
    base_severity: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What was asked for, and how far it came. `asked` are the command line's values by parameter."""

    asked: Mapping[str, Any]
    session: str | None
    rounds: tuple[Round, ...]

    def to_json(self) -> str:
        """Return all of it as text."""
        rounds = [asdict(each) for each in self.rounds]
        for values, each in zip(rounds, self.rounds, strict=True):
            values["said"] = [asdict(turn) | {"at": turn.at.isoformat()} for turn in each.said]
        return json.dumps({"asked": dict(self.asked), "session": self.session, "rounds": rounds})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else, or another version's.

        """
        try:
            values = json.loads(text)
            return cls(values["asked"], values["session"], tuple(map(_round, values["rounds"])))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an unfinished job: {error}") from error


def _round(told: Mapping[str, Any]) -> Round:
    return Round(
        said=tuple(Turn(each["role"], each["text"], datetime.fromisoformat(each["at"])) for each in told["said"]),
        answers=tuple(Completion(**each) for each in told["answers"]),
        base=told["base"],
        base_severity=tuple(told["base_severity"]),
    )


class UnfinishedStore:
    """The unfinished jobs of one repository or directory.

    They are not kept inside it: what they ask for is done again, test command included, so nobody else may write them.
    """

    def __init__(self, root: Path) -> None:
        """Know where they are; nothing is read or made yet."""
        self._folder = state_folder() / "unfinished" / hashlib.sha256(os.fsencode(root.resolve())).hexdigest()

    @staticmethod
    def new_id() -> str:
        """Return an id that nothing has yet."""
        return f"interrupted-{secrets.token_hex(4)}"

    def keep(self, job_id: str, unfinished: Unfinished) -> None:
        """Write a job down, in place of what it was before; a kill in between leaves one or the other.

        Raises:
            WriteError: the user's state folder cannot be written.

        """
        path = self._path(job_id)
        beside = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(unfinished.to_json(), encoding="utf-8", errors="surrogatepass")
            beside.replace(path)
        except OSError as error:
            raise WriteError(f"{path} cannot be written: {error.strerror}") from error

    def get(self, job_id: str) -> Unfinished | None:
        """Return a job by its id, None where there is none.

        Raises:
            ConfigError: it cannot be read.

        """
        if not _ID.fullmatch(job_id):
            return None
        try:
            return Unfinished.from_json(self._path(job_id).read_text(encoding="utf-8", errors="surrogatepass"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._path(job_id)} cannot be read ({error}): give the task anew") from error

    def forget(self, job_id: str) -> None:
        """Remove a job, if it is there."""
        self._path(job_id).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are there
            self._folder.rmdir()

    def list(self) -> "list[tuple[str, str]]":
        """Return ids and tasks, the latest first; what cannot be read is left out."""
        found = sorted(self._folder.glob("interrupted-*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        listed = []
        for path in found:
            try:
                unfinished = self.get(path.stem)
            except ConfigError:
                continue
            if unfinished is not None:
                listed.append((path.stem, str(unfinished.asked.get("task", ""))))
        return listed

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"
