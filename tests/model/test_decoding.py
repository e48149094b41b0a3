"""One answer in the making: what is chosen, forced and taken back."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.api import Editable, Flaw, Sampling, TakenBack
from model.constraint import DiffConstraint
from model.decisions import MAX_REVISIONS
from model.decoding import Decoding, Feed
from model.sampler import Sampler
from model.tree import FileTree
from tests.fakes.logits import Writing
from tests.model.conftest import Language

FILES = {"a.py": ["import os", "", "def one():", "    return 1", "", "def two():", "    return 2"]}


def decoding_of(
    language: Language, *, constrained: bool = True, stop_ids: Sequence[int] = (), shown: list[str] | None = None
) -> Decoding:
    constraint = DiffConstraint(FileTree(Editable(FILES), language.vocabulary)) if constrained else None
    sampler = Sampler(Sampling())
    return Decoding(
        language.tokenizer, sampler, frozenset(stop_ids), constraint, ([] if shown is None else shown).append
    )


def write(decoding: Decoding, language: Language, script: Sequence[str]) -> tuple[list[int], list[Feed]]:
    """Let a model write lines; return the tokens before it at the end, and all that it was fed."""
    model, ids, feeds = Writing(language.vocabulary, script), [], []
    while feed := decoding.step(model(language.vocabulary.spell(ids))):
        feeds.append(feed)
        del ids[len(ids) - feed.n_dropped :]
        ids += feed.ids
        if not model._script and language.vocabulary.spell(ids).endswith(b"\n"):
            break
    return ids, feeds


def test_forced_text_is_fed_in_one_pass_with_what_was_chosen(languages: dict[str, Language]) -> None:
    language = languages["byte-level BPE"]
    shown: list[str] = []
    decoding = decoding_of(language, shown=shown)
    script = ["", "--- a/a.py\n", "+++ b/a.py\n", "@@\n", " def two():\n", "-    return 2\n", "+    return 3\n", "```"]
    _, feeds = write(decoding, language, script)
    assert decoding.done
    assert decoding.text().endswith("@@ -6,2 +6,2 @@\n def two():\n-    return 2\n+    return 3\n")
    assert "".join(shown) == "```diff\n" + "".join(script[1:7])
    assert len(feeds) < decoding.n_tokens
    assert decoding.n_chosen_tokens == len(feeds)  # the fence's beginning was no choice, its end is not fed
    n_fed = sum(len(feed.ids) for feed in feeds)
    assert decoding.n_tokens == n_fed + len(language.tokenizer.encode("```"))  # which ends the answer: nothing reads it


def left_of(told: Sequence[str]) -> str:
    """What stands when all pieces were heard."""
    text = ""
    for piece in told:
        text += piece
        if isinstance(piece, TakenBack):
            text = "".join(text.splitlines(keepends=True)[: -piece.n_lines])
    return text


def test_a_correction_takes_tokens_back(language: Language) -> None:
    told: list[str] = []
    decoding = decoding_of(language, shown=told)
    script = [
        "", "--- a/a.py\n", "+++ b/a.py\n", "@@\n", " import os\n", "+import sys\n", "+\n", "+def one():\n",
        "+def two():\n", "-    return 1\n", " \n",
    ]  # fmt: skip
    ids, feeds = write(decoding, language, script)
    assert language.vocabulary.spell(ids) == (
        b"```diff\n--- a/a.py\n+++ b/a.py\n@@\n import os\n+import sys\n \n def one():\n-    return 1\n \n"
    )
    taken_back = [feed for feed in feeds if feed.n_dropped]
    assert len(taken_back) == 2
    repeated, skipped = taken_back
    assert language.vocabulary.spell(repeated.ids) == b" \n def one():\n"
    assert len(skipped.ids) == 1  # nothing new to read: the last token is read again
    assert decoding.n_tokens == len(ids)
    assert left_of(told) == language.vocabulary.spell(ids).decode()
    assert sum(isinstance(piece, TakenBack) for piece in told) == 1  # of the other, no whole line was told


def test_a_character_in_pieces_is_finished_before_its_line(languages: dict[str, Language]) -> None:
    language = languages["bytes alone"]
    decoding = decoding_of(language)
    id_of = {token: id_ for id_, token in enumerate(language.vocabulary.tokens) if token}
    ids, _ = write(decoding, language, ["", "--- a/a.py\n", "+++ b/a.py\n", "@@\n", " import os\n"])
    for byte, preferred in ((b"+", b"+"), (b"\xf0", b"\xf0"), (b"\x9f", b"\n"), (b"\x99", b"z"), (b"\x82", b"\n")):
        logits = np.zeros(len(language.vocabulary.tokens), dtype=np.float32)
        logits[id_of[byte]] = 1.0
        logits[id_of[preferred]] = 2.0  # refused inside a character
        feed = decoding.step(logits)
        assert feed is not None
        ids += feed.ids
    assert language.vocabulary.spell(ids).endswith("\n+\U0001f642".encode())


@pytest.mark.parametrize("kind", ["byte-level BPE", "SentencePiece"])
def test_forced_text_reads_as_it_is_written(languages: dict[str, Language], kind: str) -> None:
    """SentencePiece's own encoding would put a space before each piece of text."""
    language = languages[kind]
    ids, _ = write(decoding_of(language), language, ["", "--- a/a.py\n", "+++ b/a.py\n", "@@\n", "     return 1\n"])
    assert language.tokenizer.decode(ids).endswith("--- a/a.py\n+++ b/a.py\n@@\n     return 1\n")


def test_decomposed_characters_are_read_as_the_prompt_has_them(languages: dict[str, Language]) -> None:
    language = languages["byte-level BPE"]
    constraint = DiffConstraint(FileTree(Editable({"e.txt": ["cafe\u0301"]}), language.vocabulary))
    decoding = Decoding(language.tokenizer, Sampler(Sampling()), frozenset(), constraint, lambda _text: None)
    script = ["", "--- a/e.txt\n", "+++ b/e.txt\n", "@@\n", "-cafe\u0301\n"]
    ids, _ = write(decoding, language, script)
    assert language.vocabulary.spell(ids).decode().endswith("-caf\u00e9\n")  # composed, as in the prompt
    assert decoding.text().endswith("-cafe\u0301\n")  # as in the file


def test_free_text_ends_at_a_stop_token(languages: dict[str, Language]) -> None:
    language = languages["byte-level BPE"]
    stop = language.tokenizer.controls["<|im_end|>"]
    shown: list[str] = []
    decoding = decoding_of(language, constrained=False, stop_ids=[stop], shown=shown)
    for id_ in [*language.tokenizer.encode("h\u00e9 \U0001f642"), stop]:
        logits = np.zeros(language.tokenizer.size, dtype=np.float32)
        logits[id_] = 5.0
        feed = decoding.step(logits)
        assert feed == (None if id_ == stop else Feed([id_]))
    assert decoding.done
    assert decoding.text() == "h\u00e9 \U0001f642" == "".join(shown)


def test_free_text_has_no_control_tokens_and_no_padding(language: Language) -> None:
    """Weights may have more rows than there are tokens; and nothing that the model says opens a message."""
    controls = sorted(language.tokenizer.controls.values())
    decoding = decoding_of(language, constrained=False, stop_ids=controls[:1])
    logits = np.zeros(language.tokenizer.size + 3, dtype=np.float32)
    logits[controls[1:]] = 9.0
    logits[-3:] = 9.0
    logits[5 if 5 not in controls else 40] = 1.0
    assert decoding.step(logits) == Feed([5 if 5 not in controls else 40])
    logits[controls[0]] = 10.0
    assert decoding.step(logits) is None
    assert decoding.done


def test_weights_may_have_fewer_rows_than_there_are_tokens(languages: dict[str, Language]) -> None:
    language = languages["byte-level BPE"]
    decoding = decoding_of(language)
    assert decoding.step(np.zeros(300, dtype=np.float32)) is not None
    feed = decoding.step(np.zeros(300, dtype=np.float32))
    assert feed is not None
    assert language.vocabulary.spell(feed.ids[:1]).startswith(b"-")


def test_the_mean_log_probability_is_per_decision(languages: dict[str, Language]) -> None:
    decoding = decoding_of(languages["bytes alone"], constrained=False)
    assert decoding.mean_logprob == 0.0
    logits = np.full(languages["bytes alone"].tokenizer.size, -np.inf, dtype=np.float32)
    logits[[65, 66]] = 3.0
    for _ in range(3):
        decoding.step(logits)
    assert decoding.mean_logprob == pytest.approx(-0.6931, abs=1e-4)


def test_a_file_that_ends_by_force_is_gone_back_over(languages: dict[str, Language]) -> None:
    """Where a tokenizer has no token for the whole fence, its first character is chosen and the others are forced."""
    language = languages["bytes alone"]
    checked: list[str] = []

    def check(_old: str | None, new: str, _lines: Sequence[str]) -> Flaw:
        checked.append(new)
        return Flaw(0)

    tree = FileTree(Editable({"a.py": ["x = 1", "y = 2"]}, check_file=check), language.vocabulary)
    rng = np.random.default_rng(3)
    told: list[str] = []
    decoding = Decoding(
        language.tokenizer, Sampler(Sampling(temperature=1.0)), frozenset(), DiffConstraint(tree), told.append
    )
    liked = np.zeros(len(language.vocabulary.tokens), dtype=np.float32)
    for text, nats in (("`", 9.0), ("\n", 4.0), ("-", 4.0)):
        [token] = language.tokenizer.encode(text)
        liked[token] = nats
    for _ in range(4_000):
        if decoding.step(liked + rng.normal(size=len(liked)).astype(np.float32)) is None:
            break
    assert decoding.n_rewinds == min(MAX_REVISIONS, len(checked)) > 0
    assert language.vocabulary.spell(decoding._ids).decode() == left_of(told) + "```"
