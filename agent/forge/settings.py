"""How pull requests are opened, as the user says it."""

from dataclasses import dataclass

from agent.forge.remotes import Kind


@dataclass(frozen=True, slots=True)
class PullSettings:
    """How requests are opened. `unknown` is what a host is taken for that is not known; `remote` is git's name."""

    unknown: Kind | None = None
    remote: str = "origin"
    draft: bool = False
