"""Prints recipes on cards."""

import utils


def card(recipe, width=40):
    """Return a recipe as the lines of a card."""
    lines = [utils.shorten(recipe.title, width), "=" * width, recipe.summary(), ""]
    lines += [f"- {ingredient}" for ingredient in recipe.ingredients]
    for number, step in enumerate(recipe.steps, start=1):
        first, *others = utils.wrap(step, width - 3)
        lines.append(f"{number}. {first}")
        lines += [f"   {line}" for line in others]
    return lines


def index(recipes, width=40):
    """Return the titles of recipes, sorted."""
    return [utils.shorten(recipe.title, width) for recipe in sorted(recipes, key=lambda recipe: recipe.title)]
