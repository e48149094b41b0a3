"""What the tests of the memory share."""

import pytest

from model.memory.lexicon import Lexicon
from model.memory.segments import Segmenter
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary
from tests.fakes.repositories import CORPUS
from tests.fakes.tokenizers import byte_level_bpe


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer(byte_level_bpe(CORPUS))


@pytest.fixture(scope="session")
def vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    return Vocabulary.from_definition(tokenizer.definition)


@pytest.fixture(scope="session")
def lexicon(vocabulary: Vocabulary) -> Lexicon:
    return Lexicon.of(vocabulary)


@pytest.fixture(scope="session")
def segmenter(tokenizer: Tokenizer, vocabulary: Vocabulary) -> Segmenter:
    return Segmenter(tokenizer, vocabulary)
