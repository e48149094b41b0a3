"""Who hears what happens in a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.batch.plan import Task


class Silent:
    def on_event(self, *_: object) -> None: ...

    def on_step(self, *_: object) -> None: ...

    def on_loading(self, *_: object) -> None: ...


@dataclass
class Noting(Silent):
    """Keeps the events of tasks, in their order."""

    events: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def on_event(self, task: Task | None, event: str, fields: Mapping[str, Any]) -> None:  # type: ignore[override]
        self.events.append((task.spec.task if task else "", event, fields))

    def of(self, task: str) -> list[str]:
        """The events of one task."""
        return [event for words, event, _ in self.events if words == task]
