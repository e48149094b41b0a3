"""The tokenizer inside a GGUF file, as a `tokenizers.Tokenizer` with the vendor's ids."""

from dataclasses import dataclass
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from model.convert_config import metadata
from model.errors import WeightsError

_END_OF_TEXT = "<|endoftext|>"
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5  # llama.cpp's token types

# The pre-tokenizer that llama.cpp calls "qwen2", as Qwen2's own tokenizer.json has it.
_QWEN2_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens by id, their llama.cpp types, BPE merges, and the ids that end an answer (the turn's end first)."""

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[tuple[str, str], ...]
    eos_ids: tuple[int, ...]
    pad_id: int
    chat_template: str

    @classmethod
    def read(cls, reader: Any) -> "Vocabulary":
        """Take the vocabulary out of a `gguf.GGUFReader`.

        Raises:
            WeightsError: it is not a byte-level BPE with Qwen2's pre-tokenizer, or it is incomplete.

        """
        kind = (metadata(reader, "tokenizer.ggml.model"), metadata(reader, "tokenizer.ggml.pre"))
        if kind != ("gpt2", "qwen2"):
            raise WeightsError(f"tokenizer {kind[0]}/{kind[1]} cannot be converted from GGUF; gpt2/qwen2 can")
        tokens = tuple(metadata(reader, "tokenizer.ggml.tokens"))
        types = tuple(metadata(reader, "tokenizer.ggml.token_type"))
        if len(tokens) != len(types):
            raise WeightsError(f"the GGUF file has {len(tokens)} tokens but {len(types)} token types")
        eos_id = metadata(reader, "tokenizer.ggml.eos_token_id")
        pad_id = metadata(reader, "tokenizer.ggml.padding_token_id", eos_id)
        ends = [eos_id, *(i for i, token in enumerate(tokens) if token == _END_OF_TEXT)]
        if bad := [i for i in (*ends, pad_id) if not 0 <= i < len(tokens)]:
            raise WeightsError(f"token id {bad[0]} lies beyond the vocabulary's {len(tokens)} tokens")
        merges = []
        for line in metadata(reader, "tokenizer.ggml.merges"):
            left, _, right = line.partition(" ")
            merges.append((left, right))
        template = metadata(reader, "tokenizer.chat_template")
        return cls(tokens, types, tuple(merges), tuple(dict.fromkeys(ends)), pad_id, template)


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """Return the tokenizer; padding entries of the embedding (`[PAD151665]`) are no tokens and are left out.

    Raises:
        WeightsError: the control tokens do not follow the ordinary ones without a gap.

    """
    by_type: dict[int, dict[str, int]] = {}
    for i, (token, kind) in enumerate(zip(vocabulary.tokens, vocabulary.types, strict=True)):
        by_type.setdefault(kind, {})[token] = i
    if strange := by_type.keys() - {_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED}:
        raise WeightsError(f"token type {min(strange)} is not one of a byte-level vocabulary")
    try:
        bpe = models.BPE(
            vocab=by_type.get(_NORMAL, {}),
            merges=list(vocabulary.merges),
            continuing_subword_prefix="",
            end_of_word_suffix="",
        )
    except Exception as error:  # the Rust library raises bare Exception for a merge out of vocabulary
        raise WeightsError(f"the GGUF file's BPE merges do not fit its tokens: {error}") from error
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN2_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    added = by_type.get(_CONTROL, {}) | by_type.get(_USER_DEFINED, {})
    tokenizer.add_tokens(
        [
            AddedToken(token, special=token in by_type.get(_CONTROL, {}), normalized=False)
            for token in sorted(added, key=added.__getitem__)  # ids are given out in this order
        ]
    )
    for token, i in added.items():
        if tokenizer.token_to_id(token) != i:
            raise WeightsError(f"token {token!r} has id {i} in the GGUF file, which leaves a gap before it")
    return tokenizer


def tokenizer_config(vocabulary: Vocabulary, context_length: int) -> dict[str, Any]:
    """Return the content of `tokenizer_config.json`."""
    return {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "add_prefix_space": False,
        "bos_token": None,
        "eos_token": vocabulary.tokens[vocabulary.eos_ids[0]],
        "pad_token": vocabulary.tokens[vocabulary.pad_id],
        "unk_token": None,
        "errors": "replace",
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": False,
        "model_max_length": context_length,
        "chat_template": vocabulary.chat_template,
    }


def generation_config(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the content of `generation_config.json`: which tokens end an answer, and which pads."""
    return {"eos_token_id": list(vocabulary.eos_ids), "pad_token_id": vocabulary.pad_id}
