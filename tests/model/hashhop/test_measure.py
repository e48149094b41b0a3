from xml.etree import ElementTree as ET

import pytest

from model.api import Progress
from model.errors import ProblemError
from model.hashhop.heatmap import heatmap, percent, short
from model.hashhop.layout import Layout
from model.hashhop.measure import CHAIN_OF_THOUGHT, DIRECT, Cell, Result, chars_of_tokens, run
from model.hashhop.plan import HASHHOP, Plan
from model.hashhop.problem import HashHop
from tests.fakes.hash_readers import OracleReader, RandomReader


def unheard(_progress: Progress) -> None:
    pass


BOTH = (CHAIN_OF_THOUGHT, DIRECT)


@pytest.mark.parametrize("is_reference", [False, True])
def test_who_looks_answers_up_gets_all_of_them_right(is_reference: bool) -> None:  # noqa: FBT001
    reader = OracleReader()
    plan = Plan((5_000, 20_000), (1, 2, 3, 4, 5, 6), BOTH, n_queries=6, seed=4, is_reference=is_reference)
    results = list(plan.results(reader, unheard))
    assert len(results) == 2 * 6 * 2
    assert {(result.tokens, result.hops, result.mode) for result in results} == {
        (size, hops, mode) for size in (5_000, 20_000) for hops in range(1, 7) for mode in BOTH
    }
    for result in results:
        assert result.right == result.n == 6
        assert result.by_hop == (6,) * (result.hops if result.mode == CHAIN_OF_THOUGHT else 1)
        assert 0.9 * result.tokens < result.n_tokens == result.n_chars <= result.tokens
        assert result.n_decoded_tokens > 0
        assert result.peak_bytes > result.held_bytes > 0
    assert reader.n_read == (2 * 6 if is_reference else 2)


def test_who_guesses_gets_none_right() -> None:
    for result in Plan((10_000,), (1, 3, 6), BOTH, n_queries=20).results(RandomReader(), unheard):
        assert (result.right, sum(result.by_hop)) == (0, 0)
        assert result.score.interval == pytest.approx((0, 0.161), abs=1e-3)


def test_sizes_are_told_in_the_models_own_tokens() -> None:
    assert chars_of_tokens(RandomReader(), 10_000, Layout.mixed(6), 16, seed=0) == pytest.approx(30_000, abs=2)
    [result] = Plan((10_000,), (1,), n_queries=3).results(RandomReader(), unheard)
    assert 29_000 < result.n_chars <= 30_000
    assert result.n_tokens == -(-result.n_chars // 3)


@pytest.mark.parametrize(("length", "size"), [(1, 140), (2, 3_000), (1_000, 100_000)])
def test_very_short_hashes_make_short_prompts_and_very_long_ones_work(length: int, size: int) -> None:
    [result] = Plan((size,), (6,), n_queries=1, hash_length=length).results(OracleReader(), unheard)
    assert result.right == 1
    assert 0.5 * size < result.n_tokens <= size


def test_a_stopped_run_goes_on_and_reads_nothing_that_is_done() -> None:
    reader = OracleReader()
    plan = Plan((5_000, 6_000), (1, 2), n_queries=3)
    done = {(5_000, 1), (5_000, 2), (6_000, 1)}
    [result] = plan.results(reader, unheard, lambda cell: (cell.tokens, cell.hops) in done)
    assert (result.tokens, result.hops, reader.n_read) == (6_000, 2, 1)


def test_nothing_is_read_where_there_are_too_few_chains() -> None:
    reader = OracleReader()
    problem = HashHop.of_chars(5_000, Layout.mixed(6), 16, seed=0)
    with pytest.raises(ProblemError, match="7 questions of 2 hops are asked for and the prompt has 6"):
        list(run(reader, problem, [Cell(HASHHOP, 5_000, 2, DIRECT, 7, 16)], unheard))
    assert reader.n_read == 0


def test_more_questions_than_a_prompt_has_chains_take_more_prompts() -> None:
    reader = OracleReader()
    results = list(Plan((5_000,), (2, 3), n_queries=20).results(reader, unheard))
    assert [(result.right, result.n) for result in results] == [(20, 20)] * 2
    assert reader.n_read == 4  # a prompt has six chains of each length
    assert len(set(reader.starts)) == 2 * 20


def test_progress_ends_where_it_says() -> None:
    heard: list[Progress] = []
    list(Plan((5_000,), (2,), n_queries=3).results(OracleReader(), heard.append))
    for phase in ("read", "answer"):
        own = [step for step in heard if step.phase == phase]
        assert [step.done for step in own] == sorted(step.done for step in own)
        assert all(step.done < step.total for step in own[:-1])
        assert own[-1].done == own[-1].total > 0


def test_results_are_kept_as_json() -> None:
    [result] = Plan((5_000,), (2,), n_queries=3).results(OracleReader(), unheard)
    kept = result.to_json()
    assert Result.from_json(kept) == result
    assert {"model", "tokens", "hops", "mode", "right", "n", "seconds", "peak_bytes"} <= kept.keys()
    assert kept["interval"] == pytest.approx([0.4385, 1.0], abs=1e-3)


def test_the_picture_is_svg_with_each_cells_figures() -> None:
    results = [
        *Plan((5_000, 10_000), (1, 2), BOTH, n_queries=3).results(OracleReader(), unheard),
        *Plan((10_000,), (1,), n_queries=3).results(RandomReader(), unheard),
    ]
    root = ET.fromstring(heatmap(results))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("100%") == 8
    assert texts.count("0%") == 1
    assert {f"oracle: {mode}, hashes of 16" for mode in BOTH} | {
        "random: chain of thought, hashes of 16",
        "5K",
        "10K",
    } <= set(texts)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for cell in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(cell.get("x", "0")) + float(cell.get("width", "0")) <= width
        assert float(cell.get("y", "0")) + float(cell.get("height", "0")) <= height


def test_names_in_a_picture_are_text() -> None:
    [result] = Plan((5_000,), (1,), n_queries=3).results(OracleReader(), unheard)
    kept = Result.from_json(result.to_json() | {"model": "<script>&"})
    assert "<script>" not in heatmap([kept])
    ET.fromstring(heatmap([kept]))


def test_sizes_and_shares_are_short() -> None:
    assert [short(n) for n in (12, 1_000, 1_500, 100_000, 1_000_000, 100_000_000)] == [
        "12", "1K", "1.5K", "100K", "1M", "100M",
    ]  # fmt: skip
    assert [percent(share) for share in (0, 0.5, 0.999, 1)] == ["0%", "50.0%", "99.9%", "100%"]
