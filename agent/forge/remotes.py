"""Where a repository is pushed to, and which forge that is."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from agent.errors import ForgeSetupError

Kind = Literal["github", "gitlab", "gitea"]

# Hosts are compared as a whole: `github.com.example.org` is not GitHub, and gets no token of it.
_KNOWN: dict[str, Kind] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
# Variables that name a user's own server; the first are what GitHub's and GitLab's own programs read.
_SERVERS: dict[str, Kind] = {
    "GH_HOST": "github",
    "GITHUB_SERVER_URL": "github",
    "GITLAB_HOST": "gitlab",
    "CI_SERVER_URL": "gitlab",
    "GITEA_SERVER_URL": "gitea",
    "FORGEJO_SERVER_URL": "gitea",
}
# What listens for SSH on the port of HTTPS, for those behind a firewall.
_SSH_HOSTS = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
_SHORT_SSH = re.compile(r"(?:[\w.-]+@)?(?P<host>\w[\w.-]*):(?P<path>(?!/{2}).+)")
_PART = r"(?!\.{1,2}(?:/|$))[\w.~-]+"
_PLAIN_PATH = re.compile(rf"{_PART}(?:/{_PART})+")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a forge.

    `url` is what git pushes to, without any name or password; `base` is the forge's own address, such as
    `https://github.com`, and `path` the repository's on it, `owner/name`.
    """

    url: str
    base: str
    path: str
    kind: Kind

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.base).netloc

    @property
    def is_http(self) -> bool:
        """Whether git pushes over HTTP, and so with a token; else with the user's SSH key."""
        return self.url.startswith(("http://", "https://"))


def parse_remote(url: str, unknown: Kind | None, environ: Mapping[str, str]) -> Remote:
    """Tell which forge an address leads to.

    Args:
        url: what the remote is set to.
        unknown: what a host is taken for that is neither well known nor named by the environment.
        environ: may name the user's own servers.

    Raises:
        ForgeSetupError: it leads to none, or tokens would travel in the clear.

    """
    base, path, clean = _parts(url, environ)
    path = path.strip("/").removesuffix(".git").rstrip("/")
    host = urlsplit(base).netloc
    kind = _kind(host, environ) or unknown
    if kind is None:
        raise ForgeSetupError(
            f"which forge is {host}? Say --forge github, gitlab or gitea, or set $GH_HOST, $GITLAB_HOST or "
            "$GITEA_SERVER_URL to its address; "
            "where there is none, `magicode batch --format-patch DIR` writes files for `git send-email`"
        )
    if not _PLAIN_PATH.fullmatch(path) or (kind == "github" and path.count("/") != 1):
        raise ForgeSetupError(f"the remote {clean} names no repository on {host}: expected {base}/OWNER/NAME")
    if kind == "gitea":  # which may live below a path of its host
        above, owner, name = ("/" + path).rsplit("/", 2)
        base, path = base + above, f"{owner}/{name}"
    if base.startswith("http://") and not _is_loopback(urlsplit(base).hostname or ""):
        raise ForgeSetupError(f"{base} is not https://: a token would travel in the clear")
    return Remote(clean, base, path, kind)


def server_of(kind: Kind, environ: Mapping[str, str]) -> str | None:
    """Return the host that the environment names as the user's own server of a kind."""
    for name, each in _SERVERS.items():
        value = environ.get(name, "")
        # Actions of Gitea and Forgejo set what GitHub's set
        actual: Kind = "gitea" if name == "GITHUB_SERVER_URL" and _in_gitea(environ) else each
        if value and actual == kind:
            return (urlsplit(value).netloc if "://" in value else value).lower().rstrip("/")
    return None


def runner_of(environ: Mapping[str, str]) -> tuple[Kind, str] | None:
    """Return the kind and host of the forge in whose Actions this runs; `$GITHUB_TOKEN` is that one's."""
    host = urlsplit(environ.get("GITHUB_SERVER_URL", "")).netloc.lower()
    return ("gitea" if _in_gitea(environ) else "github", host) if host else None


def _in_gitea(environ: Mapping[str, str]) -> bool:
    return "true" in {environ.get("GITEA_ACTIONS"), environ.get("FORGEJO_ACTIONS")}


def _kind(host: str, environ: Mapping[str, str]) -> Kind | None:
    if host in _KNOWN:
        return _KNOWN[host]
    kinds: tuple[Kind, ...] = ("github", "gitlab", "gitea")
    return next((kind for kind in kinds if server_of(kind, environ) == host), None)


def _web_address(host: str, environ: Mapping[str, str]) -> str:
    """Return the forge's own address where SSH goes to `host`: the same, unless the environment has its port."""
    for name in _SERVERS:
        value = environ.get(name, "")
        parts = urlsplit(value if "://" in value else f"https://{value}")
        if parts.hostname == host.strip("[]"):
            return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/")
    return f"https://{_SSH_HOSTS.get(host, host)}"


def _parts(url: str, environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the forge's address, the path on it, and the URL without name and password."""
    if "://" not in url:
        match = _SHORT_SSH.fullmatch(url)
        if match is None:
            raise ForgeSetupError(
                "the remote is a folder of this machine, and no forge; `magicode batch --format-patch DIR` writes files"
            )
        return _web_address(match["host"].lower(), environ), match["path"], url
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise ForgeSetupError(f"the remote's address cannot be read: {error}") from error
    if parts.scheme not in {"http", "https", "ssh"} or not host:
        raise ForgeSetupError(
            f"the remote begins with {parts.scheme}://, where no forge is; "
            "`magicode batch --format-patch DIR` writes files"
        )
    shown = f"[{host}]" if ":" in host else host
    if parts.scheme == "ssh":
        return _web_address(shown, environ), parts.path, url
    netloc = shown if port is None else f"{shown}:{port}"
    return f"{parts.scheme}://{netloc}", parts.path, f"{parts.scheme}://{netloc}{parts.path}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
