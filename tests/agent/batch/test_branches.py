import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.batch.branches import BranchNames, is_plain, render, slug
from agent.batch.schema import TaskSpec
from repo_index.git import Git
from tests.fakes.git_repo import Repo

ID = "0123456789abcdef"


def spec(task: str = "Fix the add() function!", branch: str = "magicode/{slug}", number: int = 7) -> TaskSpec:
    return TaskSpec(number, 1, task, branch=branch)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fix the add() function!", "fix-the-add-function"),
        ("  Größe\nändern\x1b[31m ", "groe-andern-31m"),
        ("../../etc/passwd; rm -rf", "etc-passwd-rm-rf"),
        ("--force", "force"),
        ("日本語", ""),
        ("a" * 60, "a" * 50),
        ("word " * 20, "word-word-word-word-word-word-word-word-word-word"),
    ],
)
def test_slugs(text: str, found: str) -> None:
    assert slug(text) == found


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("magicode/{slug}", "magicode/fix-the-add-function"),
        ("x-{number}", "x-7"),
        ("x-{number:03}", "x-007"),
        ("t/{task}", "t/Fix-the-add-function"),
        ("t/{id}", "t/01234567"),
        ("a{{b}}", "a{b}"),
    ],
)
def test_templates(template: str, name: str) -> None:
    assert render(template, spec(branch=template), ID) == name


@pytest.mark.parametrize("task", ["日本語", "!!!", "\x1b\n.."])
def test_a_task_without_words_still_has_a_branch(repo: Repo, task: str) -> None:
    names = BranchNames(Git(repo.root))
    assert names.name(spec(task), ID) == "magicode/task-7"
    assert names.name(spec(task, "{task}"), ID) in {"日本語", "task-7"}


@pytest.mark.parametrize(
    ("template", "phrase"),
    [
        ("../x", "no name for a branch"),
        ("a/../b", "no name for a branch"),
        ("-rf", "begins with '-'"),
        ("--upload-pack=x", "begins with '-'"),
        ("refs/heads/../x", "begins with 'refs/'"),
        ("refs/heads/x", "begins with 'refs/'"),
        ("HEAD", "no name for a branch"),
        ("a//b", "no name for a branch"),
        ("/a", "no name for a branch"),
        ("a/", "no name for a branch"),
        ("a.lock", "no name for a branch"),
        ("a.lock/b", "no name for a branch"),
        (".hidden", "no name for a branch"),
        ("a b", "no name for a branch"),
        ("a\nb", "no name for a branch"),
        ("a\x1b[31m", "no name for a branch"),
        ("a~1", "no name for a branch"),
        ("@{-1}", "an unknown field"),
        ("a@{{1}}", "no name for a branch"),
        ("a^b", "no name for a branch"),
        ("a:b", "no name for a branch"),
        ("a\\b", "no name for a branch"),
        ("*", "no name for a branch"),
        ("x" * 201, "too long"),
        ("/".join(["x" * 100] * 5), "too long"),
        ("{slog}", "did you mean '{slug}'?"),
        ("{slug.__class__}", "an unknown field"),
        ("{slug!r}", "in a form that is not known"),
        ("{slug:>500000000}", "in a form that is not known"),
        ("{number:09999}", "in a form that is not known"),
        ("{number:{slug}}", "in a form that is not known"),
        ("{}", "an unknown field"),
        ("{0}", "an unknown field"),
        ("{slug", "expected '}'"),
        ("slug}", "Single '}'"),
    ],
)
def test_hostile_templates_are_refused(repo: Repo, template: str, phrase: str) -> None:
    with pytest.raises(ValueError, match=re.escape(phrase)):
        BranchNames(Git(repo.root)).name(spec(branch=template), ID)


@given(st.text(st.sampled_from("ab0_é日-.+=/@{}~^: \\*?[\x1b\n"), max_size=8) | st.text(max_size=5))
@settings(max_examples=300)
def test_git_takes_every_name_that_it_is_not_asked_about(name: str) -> None:
    if is_plain(name):
        subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=True)
        assert not name.startswith("-")


@given(st.text(max_size=200))
def test_git_takes_the_name_of_every_task(task: str) -> None:
    for template in ("magicode/{slug}", "{task}", "{number}-{task}"):
        if "\0" not in task and not re.search("[\ud800-\udfff]", task):
            name = render(template, spec(task), ID)
            assert is_plain(name), name
