import tomllib
from pathlib import Path

import pytest

from agent.config import ConfigFile, changed, read_repository_file, read_user_file, repository_root, save, user_file
from agent.errors import ConfigError
from agent.trust import is_trusted, trust


def file(text: str, path: str = "/r/.magicode.toml") -> ConfigFile:
    return ConfigFile.parse(Path(path), text.encode())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("k = 1\n", 1),
        ("# k = 0\n\n\nk = 1", 4),
        ('a = """\nk = 5\n"""\n# about k\nk = [\n 1,\n]\nb = 2\n', 5),
        ("a = 1\r\n\r\nk = 1\r\n", 3),
        ("a = 1\n[k]\nb = 2\n", 2),
    ],
)
def test_the_line_of_a_key(text: str, line: int) -> None:
    assert file(text).line_of("k") == line


def test_what_is_no_toml_is_named_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"^/r/\.magicode\.toml: no TOML: .*line 2"):
        file("a = 1\nb = = 2\n")
    with pytest.raises(ConfigError, match=r"^/r/\.magicode\.toml:2: not UTF-8"):
        ConfigFile.parse(Path("/r/.magicode.toml"), b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError):
        file("a = " + "[" * 10_000)


def test_a_change_keeps_comments_and_order() -> None:
    before = file("# mine\nb = 1  # why\n\na = 'x'\n")
    after = changed(before, "a", ["y", 'z"\n'])
    assert after.startswith(b"# mine\nb = 1  # why\n\na = ")
    assert tomllib.loads(after.decode()) == {"b": 1, "a": ["y", 'z"\n']}
    assert changed(before, "b", None) == b"# mine\n\na = 'x'\n"
    assert tomllib.loads(changed(file(""), "new", 1.5).decode()) == {"new": 1.5}


def test_a_file_is_replaced_as_a_whole_and_a_link_to_it_stays(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    target, link = tmp_path / "dotfiles/magicode.toml", tmp_path / "config.toml"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    save(link, b"new")
    assert (link.is_symlink(), target.read_bytes(), target.stat().st_mode & 0o777) == (True, b"new", 0o600)
    assert list(tmp_path.rglob(".*")) == []
    save(tmp_path / "a/b/c.toml", b"x")
    assert (tmp_path / "a/b/c.toml").read_bytes() == b"x"


def test_where_the_files_are(tmp_path: Path) -> None:
    assert (user_file(), read_user_file().values) == (tmp_path / "config/config.toml", {})
    (tmp_path / "r/a/b").mkdir(parents=True)
    (tmp_path / "r/.git").touch()  # as in a linked work tree
    assert repository_root(tmp_path / "r/a/b") == tmp_path / "r"
    assert repository_root(Path("/")) == Path("/")
    assert read_repository_file(tmp_path / "r").values == {}
    assert read_repository_file(tmp_path / "nowhere").values == {}


def test_what_a_repository_puts_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a = 1")
    path = tmp_path / ".magicode.toml"
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match="cannot be used"):
        read_repository_file(tmp_path)
    path.unlink()
    path.write_bytes(b"#" * 100_001)
    with pytest.raises(ConfigError, match="too large"):
        read_repository_file(tmp_path)


def test_trust_is_for_one_place_and_one_content() -> None:
    trusted = file("test-cmd = 'x'\n")
    assert not is_trusted(trusted)
    trust(trusted)
    assert is_trusted(file("test-cmd = 'x'\n"))
    assert not is_trusted(file("test-cmd = 'y'\n"))
    assert not is_trusted(file("test-cmd = 'x'\n", "/elsewhere/.magicode.toml"))
