"""What the tests of the model share: the three kinds of tokenizer, and a tiny model on disk."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary
from tests.fakes.repositories import CORPUS
from tests.fakes.tiny_model import save_tiny_model
from tests.fakes.tokenizers import byte_level_bpe, bytes_alone, sentence_piece

DEFINITIONS = {
    "byte-level BPE": lambda: byte_level_bpe(CORPUS),
    "bytes alone": bytes_alone,
    "SentencePiece": lambda: sentence_piece(CORPUS),
}


@dataclass(frozen=True, slots=True)
class Language:
    """A tokenizer and the bytes of its tokens."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary

    @classmethod
    def of(cls, definition: str) -> "Language":
        return cls(Tokenizer(definition), Vocabulary.from_definition(definition))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The networks are so small that threads only wait for one another."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def languages() -> dict[str, Language]:
    """Return the three kinds of tokenizer by name."""
    return {name: Language.of(build()) for name, build in DEFINITIONS.items()}


@pytest.fixture(params=DEFINITIONS)
def language(request: pytest.FixtureRequest, languages: dict[str, Language]) -> Language:
    return languages[request.param]


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a tiny random Qwen2, float32."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model", corpus=CORPUS)
