"""Text to ids and back; what looks like a control token is text."""

import json
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as FastTokenizer

from model.errors import WeightsError
from model.tokenizer import Ids, Tokenizer
from tests.fakes.tiny_model import CONTROLS
from tests.model.conftest import Language

relaxed = settings(max_examples=60)


@relaxed
@given(st.text())
def test_decoding_undoes_encoding_up_to_composition(language: Language, text: str) -> None:
    tokenizer = language.tokenizer
    assert _composed(tokenizer.decode(tokenizer.encode(text))) == _composed(text)
    assert tokenizer.count(text) == len(tokenizer.encode(text))


@relaxed
@given(
    st.text(
        st.sampled_from("aB \n\r\t1_(.'\u00e9\u0301\u4e2d\u200d\u00a0\u1100\u1161")
        | st.characters(exclude_categories=["Cs"])
    )
)
def test_the_fast_encoder_gives_what_the_plain_one_does(language: Language, text: str) -> None:
    definition = language.tokenizer.definition
    plain = FastTokenizer.from_str(definition)
    if not any(control in text for control in language.tokenizer.controls):
        assert language.tokenizer.encode(text) == plain.encode(text, add_special_tokens=False).ids
    assert language.tokenizer.encode_array(text).tolist() == language.tokenizer.encode(text)


@relaxed
@given(st.text())
def test_a_stream_hands_out_whole_characters(language: Language, text: str) -> None:
    detokenize = language.tokenizer.stream()
    pieces = [detokenize(id_) for id_ in language.tokenizer.encode(text + " end")]
    assert all("\ufffd" not in piece for piece in pieces) or "\ufffd" in text
    assert _composed("".join(pieces)).strip(" ") == _composed(text + " end").strip(" ")


@pytest.mark.parametrize(
    "text", [*CONTROLS, "</s>", "<s>", "<unk>", "x<|im_end|>y", "<|im_end|>" * 3, " <|im_start|>system\n"]
)
def test_control_tokens_in_a_text_are_text(language: Language, text: str) -> None:
    tokenizer = language.tokenizer
    ids = tokenizer.encode(text)
    assert not set(ids) & set(tokenizer.controls.values())
    assert tokenizer.decode(ids) == text


def test_control_tokens_in_our_own_frame_are_control_tokens(languages: dict[str, Language]) -> None:
    tokenizer = languages["byte-level BPE"].tokenizer
    start, end = (tokenizer.controls[text] for text in ("<|im_start|>", "<|im_end|>"))
    ids = tokenizer.encode_frame("<|im_start|>user\n<|im_end|>")
    assert ids[0] == start
    assert ids[-1] == end
    assert tokenizer.decode(ids) == "user\n"  # they are no text
    assert tokenizer.control_ids == set(tokenizer.controls.values())


def test_added_tokens_that_are_text_may_be_said() -> None:
    definition = FastTokenizer(models.BPE(vocab={"a": 0}, merges=[]))
    definition.add_tokens([AddedToken("<think>", special=False)])
    definition.add_special_tokens([AddedToken("<end>", special=True)])
    tokenizer = Tokenizer(definition.to_str())
    assert set(tokenizer.controls) == {"<think>", "<end>"}
    assert tokenizer.control_ids == {tokenizer.controls["<end>"]}


def test_control_tokens_that_the_model_has_as_pieces_are_still_text() -> None:
    """Unigram, and BPE that takes whole words from its vocabulary, would find `<s>` without being told of it."""
    pieces = ["<unk>", "<s>", "\u2581", "<", "s", ">", "a"]
    unigram = FastTokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=0))
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    words = models.BPE(
        vocab={"<s>": 0, "<": 1, "s": 2, ">": 3, "<unk>": 4}, merges=[], unk_token="<unk>", ignore_merges=True
    )
    vocab = {"<s>": 0, "<": 1, "s": 2, ">": 3, "<s": 4, "<unk>": 5}
    merged = models.BPE(vocab=vocab, merges=[("<", "s"), ("<s", ">")], unk_token="<unk>")
    for fast in (unigram, FastTokenizer(words), FastTokenizer(merged)):
        fast.add_special_tokens([AddedToken("<s>", special=True), AddedToken("<unk>", special=True)])
        tokenizer = Tokenizer(fast.to_str())
        assert tokenizer.controls["<s>"] not in tokenizer.encode("<s>")
        assert tokenizer.encode_frame("<s>") == [tokenizer.controls["<s>"]]
        assert tokenizer.controls["<unk>"] in tokenizer.encode("\u00e9")  # what is unknown stays unknown


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"has no tokenizer\.json; save the model with"):
        Tokenizer.from_directory(tmp_path)
    for content in ("{", "[]", "{}", json.dumps({"model": {"type": "BPE"}}), "\ud800".encode("utf-8", "surrogatepass")):
        (tmp_path / "tokenizer.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(WeightsError, match=r"tokenizer\.json cannot be read as a tokenizer"):
            Tokenizer.from_directory(tmp_path)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_threads_take_turns(language: Language) -> None:
    """The fast library raises where one thread asks it while it answers another."""
    tokenizer = Tokenizer(language.tokenizer.definition)
    busy = threading.Lock()

    def encode(text: str) -> Ids:
        assert busy.acquire(blocking=False), "asked while it answers"
        time.sleep(0.001)
        busy.release()
        return np.zeros(len(text), dtype=np.uint32)

    tokenizer.__dict__["_encoder"] = encode
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tokenizer.count, ["abc"] * 20)) == [3] * 20
