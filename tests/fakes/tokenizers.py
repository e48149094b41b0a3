"""Definitions (`tokenizer.json`) of the three kinds of tokenizer that models come with, small enough for a test."""

import json

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tests.fakes.tiny_model import CONTROLS, build_tokenizer


def byte_level_bpe(corpus: str) -> str:
    """Qwen's kind: byte-level BPE, NFC."""
    return build_tokenizer(corpus).to_str()


def bytes_alone() -> str:
    """A token for each byte and no other."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={text: id_ for id_, text in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in CONTROLS])
    return tokenizer.to_str()


def sentence_piece(corpus: str, *, byte_fallback: bool = True) -> str:
    """Llama's kind: BPE over characters with `▁` for a space, one put before each text, and `<0xNN>` tokens.

    Without them a character that the corpus lacks is `<unk>`.
    """
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.pre_tokenizer = pre_tokenizers.Split("\n", behavior="isolated")
    trained.train_from_iterator([corpus], trainers.BpeTrainer(vocab_size=500, show_progress=False))
    learned = json.loads(trained.to_str())["model"]
    controls = ["<unk>", "<s>", "</s>"]
    by_bytes = [f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else []
    # In these vocabularies a line end is a byte.
    pieces = [piece for piece in learned["vocab"] if not (byte_fallback and piece == "\n")]
    vocab = {text: id_ for id_, text in enumerate([*controls, *by_bytes, *pieces])}
    merges = [(left, right) for left, right in learned["merges"] if "\n" not in left + right]
    model = models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=byte_fallback)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in controls])
    return tokenizer.to_str()
