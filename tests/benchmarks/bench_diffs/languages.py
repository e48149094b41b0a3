"""The tokenizers that random diffs are written in."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.store import ModelStore
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary
from tests.fakes.repositories import CORPUS
from tests.fakes.tokenizers import byte_level_bpe, bytes_alone, sentence_piece

_QWEN = "qwen2.5-coder-0.5b"


@dataclass(frozen=True, slots=True)
class Language:
    """A tokenizer, the bytes of its tokens, and how long answers in it may be, in tokens."""

    name: str
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    lengths: tuple[int, ...]


def names() -> tuple[str, ...]:
    """Return the languages that this machine has; Qwen's, which models here have, comes twice: it counts double."""
    return ("bytes alone", "byte-level BPE", "SentencePiece", *(("Qwen2.5", "Qwen2.5") if _has_qwen() else ()))


def load() -> dict[str, Language]:
    """Return the languages by name."""
    return {language.name: language for language in _languages()}


def _languages() -> Iterator[Language]:
    yield _of("bytes alone", bytes_alone(), (300, 800, 2000))
    yield _of("byte-level BPE", byte_level_bpe(CORPUS), (100, 300, 800))
    yield _of("SentencePiece", sentence_piece(CORPUS), (100, 300, 800))
    if _has_qwen():
        tokenizer = Tokenizer.from_directory(ModelStore().directory(_QWEN))
        yield _of("Qwen2.5", tokenizer.definition, (60, 150, 300))


def _of(name: str, definition: str, lengths: tuple[int, ...]) -> Language:
    return Language(name, Tokenizer(definition), Vocabulary.from_definition(definition), lengths)


def _has_qwen() -> bool:
    return ModelStore().installed(_QWEN).state == "ready"
