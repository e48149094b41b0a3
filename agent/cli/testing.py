"""Which test command a run has: the one given, the one found, or none."""

from agent.answers import TestAnswers
from agent.errors import WriteError
from agent.keys import ask_on_terminal
from agent.terminal import Terminal
from agent.testcommands import find_test_command, named_test_command
from repo_index.folder import Source, require_git
from repo_index.git import Git


def test_command(given: str | None, source: Source, terminal: Terminal, *, asks: bool) -> str | None:
    """Return the command to run, None for no tests.

    `given` is what the user said: `auto` for whatever is found, "" for no tests, None for nothing. Then what is found
    is run if the user lets it, who is asked once for each repository, and only if this run `asks` questions. In a
    plain directory none is looked for.

    Raises:
        ConfigError: `auto` finds nothing.
        NotARepositoryError: `auto` in a plain directory.

    """
    if given == "auto":
        source = require_git(source, "to find its tests")
    if not isinstance(source, Git):
        return given or None
    git = source
    if given is not None:
        return named_test_command(given, git) if given else None
    found = find_test_command(git)
    if found is None:
        return None
    answers = TestAnswers(git.root)
    may_run = answers.get(found.command)
    if may_run is None and asks:
        may_run = _ask(found.command, found.because, terminal)
        try:
            answers.keep(found.command, may_run=may_run)
        except WriteError as error:
            terminal.note(f"This answer is not kept: {error}", style="yellow")
    return found.command if may_run else None


def _ask(command: str, because: str, terminal: Terminal) -> bool:
    terminal.note(f"`{command}` seems to run the tests here ({because}); they can decide which change is taken.")
    return ask_on_terminal("Run it for each change, now and later [y/n]? ") == "y"
