"""The user decides, hunk by hunk, what of a patch is applied: the keys are those of `git add -p`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal

from rich.console import Console
from rich.text import Text

from agent.diffview import show_file, show_header, show_hunk, show_patch, show_summary
from agent.errors import AgentError, PatchError
from agent.escape import printable
from agent.hunks import join, split
from agent.patch import FilePatch, Hunk, Line, Patch
from agent.render import patch_text

Review = Literal["hunk", "file", "all", "none"]

Ask = Callable[[str], str]
Edit = Callable[[str], str]
Parse = Callable[[str], Patch]
Open = Callable[[FilePatch], None]

_HELP = {
    "y": "take this {what}",
    "n": "leave this {what}",
    "a": "take this {what} and all later ones {scope}",
    "d": "leave this {what} and all later ones {scope}",
    "A": "take everything that is left",
    "s": "split this hunk into smaller ones",
    "e": "edit this hunk",
    "o": "open the file before and after in an editor",
    "q": "quit: leave this {what} and all that remain",
    "?": "print help",
}
_EDIT_HINT = """\
# Lines that begin with ' ' or '-' are the file's: keep their text. Turn '-' into ' ' to keep a line; add, change
# or delete '+' lines freely. Counts are recomputed. Lines that begin with '#' are dropped; if nothing else is
# left, the edit is given up.
"""


@dataclass(slots=True)
class _Session:
    """The means to ask, and what was answered for all that follows; None while each is still asked."""

    ask: Ask
    console: Console
    edit: Edit | None
    parse: Parse | None
    open: Open | None
    rest: Literal["take", "leave"] | None = None


@dataclass(slots=True)
class _Queue:
    """The hunks of one file: those still to be asked about, and those taken."""

    waiting: list[Hunk]
    taken: list[Hunk] = field(default_factory=list)

    def take_all(self) -> None:
        self.taken += self.waiting
        self.waiting.clear()


def review(
    patch: Patch,
    *,
    mode: Review,
    ask: Ask,
    console: Console,
    edit: Edit | None = None,
    parse: Parse | None = None,
    open_: Open | None = None,
) -> Patch:
    """Ask the user about a patch and return what was accepted; a file without any accepted hunk is dropped.

    Hunks keep their `old_start`, which speaks of the old file, whatever is left out before them. A created,
    deleted or renamed file, and one of which only the mode changes, is one question. Taking every piece of a hunk
    that was split gives back that hunk.

    Args:
        patch: what the model proposes.
        mode: how much one question covers; "none" asks nothing and returns the patch.
        ask: is given a prompt and returns a key, or "q" when nobody answers; see `agent.keys.ask_on_terminal`.
        console: where the hunks are shown.
        edit: opens a text in the user's editor and returns it; without it, or `parse`, there is no `e`.
        parse: reads a unified diff; raises PatchError.
        open_: shows a file before and after, where the user wants to see more; without it there is no `o`.

    """
    session = _Session(ask, console, edit, parse, open_)
    if mode == "none" or not patch.files:
        return patch
    if mode == "all":
        show_patch(patch, console)
        return patch if _choose("Take this change", "ynq", "change", "", session) == "y" else Patch(())
    files = tuple(
        accepted
        for number, file in enumerate(patch.files, 1)
        if (accepted := _review_file(file, mode, f"file {number} of {len(patch.files)}", session)) is not None
    )
    accepted_patch = Patch(files)
    if files:
        show_summary(accepted_patch, console)
    return accepted_patch


def _review_file(file: FilePatch, mode: Review, place: str, session: _Session) -> FilePatch | None:
    if session.rest is not None:
        return file if session.rest == "take" else None
    if mode == "hunk" and file.kind == "modify" and file.hunks:
        return _review_hunks(file, session)
    show_file(file, session.console)
    verb = {"create": "new file", "delete": "deletion", "rename": "renaming", "modify": "file"}[file.kind]
    keys = ("ynad" if mode == "file" else "ynA") + ("o" if session.open else "") + "q"
    while (key := _choose(f"({place}) Take this {verb}", keys, "file", "", session)) == "o":
        _open(file, session)
    if key in "aA":
        session.rest = "take"
    elif key in "dq":
        session.rest = "leave"
    return file if key in "yaA" else None


def _review_hunks(file: FilePatch, session: _Session) -> FilePatch | None:
    show_header(file, session.console)
    queue = _Queue(list(file.hunks))
    while queue.waiting:
        _review_hunk(file, queue, session)
    # pieces of a split hunk that were taken side by side become one hunk again
    hunks = join(tuple(queue.taken))
    return replace(file, hunks=hunks) if hunks else None


def _review_hunk(file: FilePatch, queue: _Queue, session: _Session) -> None:
    hunk = queue.waiting[0]
    pieces = split(hunk)
    show_hunk(file, hunk, session.console)
    can_edit = session.edit is not None and session.parse is not None
    keys = "ynadA" + ("s" if len(pieces) > 1 else "") + ("e" if can_edit else "") + ("o" if session.open else "") + "q"
    n_left = len(queue.waiting)
    prompt = f"({n_left} left in {printable(str(file.path))}) Take this hunk"
    match _choose(prompt, keys, "hunk", "in the file", session):
        case "y":
            queue.taken.append(queue.waiting.pop(0))
        case "n":
            queue.waiting.pop(0)
        case "a":
            queue.take_all()
        case "d":
            queue.waiting.clear()
        case "A":
            queue.take_all()
            session.rest = "take"
        case "s":
            _say(f"Split into {len(pieces)} hunks.", session)
            queue.waiting[:1] = pieces
        case "o":
            _open(file, session)
        case "e":
            edited = _edited(file, hunk, session)
            if edited is not None:
                queue.taken.append(edited)
                queue.waiting.pop(0)
        case _:
            queue.waiting.clear()
            session.rest = "leave"


def _choose(prompt: str, keys: str, what: str, scope: str, session: _Session) -> str:
    """Ask until one of `keys` is given."""
    while True:
        key = session.ask(f"{prompt} [{','.join(keys)},?]? ").strip()[:1]
        if key in keys and key:
            return key
        for name, meaning in _HELP.items():
            if name in f"{keys}?":
                _say(f"{name} - {meaning.format(what=what, scope=scope).rstrip()}", session, "bold")


def _open(file: FilePatch, session: _Session) -> None:
    try:
        if session.open is not None:
            session.open(file)
    except OSError as error:
        _say(f"It cannot be opened: {error}.", session, "red")


def _say(text: str, session: _Session, style: str = "") -> None:
    session.console.print(Text(printable(text), style=style))


def _edited(file: FilePatch, hunk: Hunk, session: _Session) -> Hunk | None:
    """Let the user edit a hunk; None, and why is said, if the result cannot stand in its place."""
    if session.edit is None or session.parse is None:
        raise ValueError("no editor: the key is not offered without one")
    header, at, body = patch_text(Patch((replace(file, hunks=(hunk,), mode=None),))).partition("@@")
    try:
        answer = session.edit(at + body + _EDIT_HINT)
        kept = "\n".join(line for line in answer.split("\n") if not line.startswith("#"))
        if not kept.strip():
            raise PatchError("nothing is left of it")
        parsed = [hunk for file in session.parse(header + kept).files for hunk in file.hunks]
        if len(parsed) != 1:
            raise PatchError(f"the text holds {len(parsed)} hunks, not one")
        return _with_lines(hunk, parsed[0].lines)
    except (AgentError, OSError) as error:
        _say(f"The hunk is as it was: {error}.", session, "red")
        return None


def _with_lines(hunk: Hunk, lines: tuple[Line, ...]) -> Hunk:
    """Return the hunk with edited lines.

    Raises:
        PatchError: the edited lines expect another old file, or change nothing.

    """
    old = [line for line in hunk.lines if line.marker != "+"]
    edited_old = [line.text for line in lines if line.marker != "+"]
    for expected, found in zip_longest((line.text for line in old), edited_old):
        if expected != found:
            wanted = "no further line" if expected is None else repr(expected)
            got = "none" if found is None else repr(found)
            raise PatchError(f"lines with ' ' or '-' are the file's own: expected {wanted}, found {got}")
    if all(line.marker == " " for line in lines):
        raise PatchError("the edit leaves nothing that changes; answer n to leave the hunk")
    originals = iter(old)  # for the endings, which an editor may lose
    edited = tuple(line if line.marker == "+" else replace(next(originals), marker=line.marker) for line in lines)
    return replace(hunk, lines=edited)
