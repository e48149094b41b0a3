"""What a recipe is."""

from dataclasses import dataclass, field

from utils import plural


@dataclass
class Recipe:
    """A dish, what goes into it and how to make it."""

    title: str
    portions: int = 4
    ingredients: list = field(default_factory=list)
    steps: list = field(default_factory=list)

    def summary(self):
        """Return how much work it is."""
        parts = [plural(self.portions, "portion"), plural(len(self.steps), "step")]
        return ", ".join(parts)
