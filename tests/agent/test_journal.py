import json
import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from agent.errors import ConflictError
from agent.journal import Copy, Directory, Entry, FileRecord, Journal


def _entry(entry_id: str, data: bytes = b"data", undoes: str | None = None) -> tuple[Entry, dict[str, bytes]]:
    copy = Copy.of(data, "100755", 0o750)
    odd = PurePosixPath(os.fsdecode(b"d/\xff \n'"))
    entry = Entry(
        entry_id, "2026-01-01T00:00:00+00:00", "task ü", None, undoes,
        (FileRecord(PurePosixPath("a"), None, copy), FileRecord(odd, copy, None)),
        (Directory(PurePosixPath("n"), None),), (Directory(PurePosixPath("d"), 0o711),),
    )  # fmt: skip
    return entry, {copy.sha256: data}


def _finished(journal: Journal, data: bytes = b"data", undoes: str | None = None) -> str:
    entry, blobs = _entry(journal.new_id(), data, undoes)
    journal.begin(entry, blobs)
    journal.move(entry.id, "journal", "undo")
    return entry.id


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "magicode", keep_entries=3, keep_bytes=1000)
    with journal.lock():
        pass
    return journal


def test_an_entry_reads_back_as_it_was(journal: Journal) -> None:
    entry, blobs = _entry(journal.new_id())
    journal.begin(entry, blobs)
    assert journal.load("journal", entry.id) == entry
    assert journal.unfinished() == (("journal", entry.id),)
    assert [journal.read("journal", entry.id, copy) for copy in entry.copies] == [b"data", b"data"]
    assert entry.n_bytes == 4
    assert entry.inverse().inverse() == entry
    assert stat.S_IMODE((journal.folder / "journal").stat().st_mode) == 0o700


def test_what_cannot_be_read_is_no_entry(journal: Journal) -> None:
    good = _finished(journal)
    for text in ("", "[]", "{}", '{"format": 2}', '{"format": 1, "id": 3}', '{"format": 1, "files": [{}]}'):
        bad = _finished(journal)
        (journal.home("undo", bad) / "manifest.json").write_text(text)
        assert journal.load("undo", bad) is None
    assert [entry.id for entry in journal.entries("undo")] == [good]
    (journal.home("undo", good) / Copy.of(b"data", "100644", None).sha256).write_bytes(b"date")
    with pytest.raises(ConflictError, match="missing or damaged"):
        journal.read("undo", good, Copy.of(b"data", "100644", None))


def test_a_begin_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(step: str) -> None:
        if step == "journal":
            raise OSError(28, "No space left on device")

    journal = Journal(tmp_path, full)
    with pytest.raises(OSError, match="No space"):
        journal.begin(*_entry(journal.new_id()))
    assert journal.unfinished() == ()


def test_ids_only_go_up(journal: Journal) -> None:
    ids = [_finished(journal) for _ in range(3)]
    (journal.folder / "undo/.DS_Store").touch()
    assert ids == sorted(ids)
    journal.discard("undo", ids[0])
    assert journal.new_id() > ids[-1]


def test_pruning_keeps_the_newest_within_the_limits(journal: Journal) -> None:
    ids = [_finished(journal) for _ in range(5)]
    journal.prune()
    assert [entry.id for entry in journal.undoable()] == ids[2:]
    huge = _finished(journal, b"x" * 5000)
    journal.prune()
    assert [entry.id for entry in journal.undoable()] == [huge]


def test_pruning_keeps_the_newest_that_can_be_undone_beside_an_undone_one(journal: Journal) -> None:
    first, second = _finished(journal, b"x" * 800), _finished(journal, b"y" * 800)
    _finished(journal, b"y" * 800, undoes=second)
    assert [entry.id for entry in journal.undoable()] == [first]
    journal.prune()
    assert [entry.id for entry in journal.undoable()] == [first]
    assert not journal.holds("undo", second)


def test_pruning_clears_interrupted_removals(journal: Journal) -> None:
    half = _finished(journal)
    (journal.home("undo", half) / "manifest.json").unlink()
    journal.prune()
    assert not journal.home("undo", half).exists()


def test_the_lock_keeps_others_out_and_is_let_go(journal: Journal) -> None:
    other = Journal(journal.folder)
    with (
        journal.lock(),
        pytest.raises(ConflictError, match=rf"another magicode.*process {os.getpid()}, since"),
        other.lock(),
    ):
        pass
    with other.lock():
        pass


def test_the_manifest_is_plain_json(journal: Journal) -> None:
    entry, blobs = _entry(journal.new_id())
    journal.begin(entry, blobs)
    raw = json.loads((journal.home("journal", entry.id) / "manifest.json").read_bytes())
    assert raw["files"][0]["after"]["permissions"] == 0o750
