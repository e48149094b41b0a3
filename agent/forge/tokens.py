"""Tokens for forges: from the environment, or what git's credential helpers know. Never shown, never in a URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agent.errors import ForgeSetupError
from agent.forge.remotes import Kind, Remote, runner_of, server_of
from repo_index.errors import GitError
from repo_index.git import Git

_VARIABLES: dict[Kind, tuple[str, ...]] = {
    "github": ("GH_TOKEN", "GITHUB_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
    "gitea": ("GITEA_TOKEN", "FORGEJO_TOKEN"),
}
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")  # for GitHub elsewhere, as `gh` has it
# Names beside which each forge takes a token for a password.
_USERS: dict[Kind, str] = {"github": "x-access-token", "gitlab": "oauth2", "gitea": "magicode"}
_TOKEN = re.compile(r"[\x21-\x7e]+")
_NOBODY_TO_ASK = {"GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the name that git gives beside it. Neither `repr` nor `str` shows it."""

    user: str
    secret: str = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """Return a text without the token, should somebody else have put it there."""
        return text.replace(self.secret, "•••")


def find_token(remote: Remote, git: Git, environ: Mapping[str, str]) -> Token:
    """Return the token for a remote.

    Args:
        remote: whose forge it is for. A token that belongs to another server is not sent to it.
        git: git in a folder of which no repository's configuration speaks.
        environ: where it is looked for first.

    Raises:
        ForgeSetupError: there is none, or what is there cannot be one.

    """
    names = _names(remote, environ)
    for name in names:
        if value := environ.get(name, "").strip():
            if not _TOKEN.fullmatch(value):
                raise ForgeSetupError(f"${name} holds something that is no token: blanks, or other than ASCII")
            return Token(_USERS[remote.kind], value)
    if known := _from_helper(remote, git):
        return known
    asked = f"set {' or '.join(f'${name}' for name in names)}, or l" if names else "l"
    raise ForgeSetupError(f"there is no token for {remote.host}: {asked}et git's credential helper know it")


def _names(remote: Remote, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that may hold a token for this host."""
    runner = runner_of(environ)
    is_here = runner == (remote.kind, remote.host)
    if remote.kind == "github":
        if is_here or (remote.host == "github.com" and runner is None):
            return _VARIABLES["github"]
        return ("GH_TOKEN",) if remote.host == "github.com" else _ENTERPRISE
    if server_of(remote.kind, environ) not in {None, remote.host}:
        return ()
    return (*_VARIABLES[remote.kind], *(("GITHUB_TOKEN",) if is_here else ()))


def _from_helper(remote: Remote, git: Git) -> Token | None:
    parts = urlsplit(remote.base)
    asked = f"protocol={parts.scheme}\nhost={parts.netloc}\npath={remote.path}.git\n\n"
    try:
        out = git.run("credential", "fill", stdin=asked.encode(), env=_NOBODY_TO_ASK)
    except GitError:
        return None
    said = dict(line.split("=", 1) for line in out.decode(errors="replace").splitlines() if "=" in line)
    secret = said.get("password", "")
    return Token(said.get("username") or _USERS[remote.kind], secret) if _TOKEN.fullmatch(secret) else None
