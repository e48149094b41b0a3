"""The picture of the editing tasks."""

from dataclasses import fields
from itertools import pairwise
from xml.etree import ElementTree as ET

from tests.benchmarks.bench_edits.picture import picture
from tests.benchmarks.bench_edits.trial import Trial

_SVG = "{http://www.w3.org/2000/svg}"


def _trial(arm: str, seconds: float, *, solved: bool) -> Trial:
    values = {field.name: 0 for field in fields(Trial)}
    return Trial(**values | {"model": "m<1>", "arm": arm, "seconds": seconds, "solved": solved})  # type: ignore[arg-type]


def test_a_line_rises_where_a_task_was_solved_and_says_how_many_were() -> None:
    trials = [_trial("n = 8", 100, solved=True), _trial("n = 8", 1, solved=True), _trial("n = 8", 10, solved=False)]
    root = ET.fromstring(picture(trials))
    [line] = root.iter(f"{_SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    downs = [down for _, down in points]
    acrosses = [across for across, _ in points]
    assert acrosses == sorted(acrosses)
    assert downs == [400, 400, 280, 280, 280, 280, 160]  # a third of the height for each of two of three
    assert "2 of 3  m<1>, n = 8" in [text.text for text in root.iter(f"{_SVG}text")]


def test_names_do_not_stand_on_each_other() -> None:
    trials = [_trial(arm, 5, solved=True) for arm in ("a", "b", "c")]
    root = ET.fromstring(picture(trials))
    places = sorted(float(text.attrib["y"]) for text in root.iter(f"{_SVG}text") if "m<1>" in (text.text or ""))
    assert [later - earlier >= 13 for earlier, later in pairwise(places)] == [True, True]


def test_nothing_is_drawn_of_nothing() -> None:
    assert ET.fromstring(picture([])).find(f"{_SVG}polyline") is None
