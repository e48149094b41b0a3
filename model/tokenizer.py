"""Text to token ids and back, where control tokens written in a text stay text."""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from gigatoken import Tokenizer as GigaTokenizer
from tokenizers import Tokenizer as FastTokenizer
from tokenizers.decoders import DecodeStream

from model.errors import WeightsError

Detokenize = Callable[[int], str]
Ids = npt.NDArray[np.uint32]
Encode = Callable[[str], Ids]

_ADDED_TOKENS = re.compile(r'"added_tokens"\s*:\s*')


class Tokenizer:
    """The model's own tokenizer, read from `tokenizer.json`; needs no torch.

    A repository may hold `<|im_end|>` in a file. As plain text it must never become the control token that ends a
    message, so plain text goes through a copy that knows no added tokens; only our own chat frame may use them.
    """

    def __init__(self, definition: str) -> None:
        """Build from the content of a `tokenizer.json`."""
        self.definition = definition
        self._added = added = _added_tokens(definition)
        self._one_at_a_time = threading.Lock()
        self.controls: Mapping[str, int] = {token["content"]: token["id"] for token in added}
        self.control_ids = frozenset(token["id"] for token in added if token["special"])
        # Where a control token takes nothing of the text beside it, a frame is its controls and plain text between.
        self._is_frame_simple = '"ByteLevel"' in definition and not any(
            token["lstrip"] or token["rstrip"] or token["single_word"] or token["normalized"] for token in added
        )

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Read the tokenizer of a model directory.

        Raises:
            WeightsError: the directory has no `tokenizer.json`, or it cannot be read.

        """
        path = directory / "tokenizer.json"
        try:
            return cls(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise WeightsError(
                f"{directory} has no tokenizer.json; save the model with transformers' "
                "`AutoTokenizer.from_pretrained(…).save_pretrained(…)` once"
            ) from error
        except Exception as error:  # the Rust library raises bare Exception
            raise WeightsError(f"{path} cannot be read as a tokenizer: {error}") from error

    def _encode(self, text: str) -> Ids:
        with self._one_at_a_time:  # the fast library refuses to be asked by two threads at once
            return self._encoder(text)

    @cached_property
    def _encoder(self) -> Encode:
        """The encoder of plain text, made when it is first needed: it takes half a second."""
        try:
            definition = _without_controls(self.definition, self._added)
            return _fast_encoder(definition) or _plain_encoder(definition)
        except Exception as error:  # the Rust library raises bare Exception
            raise WeightsError(f"the model's tokenizer.json cannot be read as a tokenizer: {error}") from error

    @cached_property
    def _with_controls(self) -> FastTokenizer:
        return FastTokenizer.from_str(self.definition)

    @cached_property
    def _control_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.controls, key=len, reverse=True)
        return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    @cached_property
    def identity(self) -> str:
        """Names what texts become: equal names, equal ids."""
        return hashlib.blake2b(self.definition.encode(), digest_size=16).hexdigest()

    @cached_property
    def size(self) -> int:
        """Ids that the vocabulary has, control tokens included."""
        return self._with_controls.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        """Encode plain text; what looks like a control token is text."""
        ids: list[int] = self._encode(text).tolist()
        return ids

    def encode_array(self, text: str) -> Ids:
        """Encode plain text into ids of shape `(tokens,)`."""
        return self._encode(text)

    def encode_frame(self, text: str) -> list[int]:
        """Encode a piece of our own chat frame; its control tokens are control tokens."""
        if not self._is_frame_simple:
            return self._with_controls.encode(text, add_special_tokens=False).ids
        ids: list[int] = []
        for i, piece in enumerate(self._control_pattern.split(text) if self.controls else [text]):
            ids += [self.controls[piece]] if i % 2 else self.encode(piece)
        return ids

    def count(self, text: str) -> int:
        """Count the tokens of plain text."""
        return len(self._encode(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, control tokens left out."""
        return self._with_controls.decode(list(ids), skip_special_tokens=True)

    def stream(self) -> Detokenize:
        """Return a function from the next id to the text that it completes, which is often empty.

        A character's bytes may be spread over several tokens; text is handed out only when it is whole.
        """
        stream = DecodeStream(skip_special_tokens=True)
        return lambda id_: stream.step(self._with_controls, id_) or ""


def _fast_encoder(definition: str) -> Encode | None:
    """Return an encoder that is some fifty times faster; None where it does not know this kind of tokenizer."""
    if '"ByteLevel"' not in definition:
        return None
    try:
        return GigaTokenizer.from_json(definition).encode
    except ValueError:
        return None


def _plain_encoder(definition: str) -> Encode:
    tokenizer = FastTokenizer.from_str(definition)
    return lambda text: np.array(tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.uint32)


def _added_tokens(definition: str) -> list[dict[str, Any]]:
    """Return the added tokens of a `tokenizer.json`, of which only they are parsed."""
    tokens, _, _ = _find_added_tokens(definition)
    return tokens


def _find_added_tokens(definition: str) -> tuple[list[dict[str, Any]], int, int]:
    """Return the added tokens, and where their list begins and ends in the text."""
    for match in _ADDED_TOKENS.finditer(definition):  # a vocabulary may hold a token of that name
        tokens, end = json.JSONDecoder().raw_decode(definition, match.end())
        if isinstance(tokens, list):
            return tokens, match.end(), end
    raise ValueError("it has no list of added tokens")


def _without_controls(definition: str, added: Sequence[Mapping[str, Any]]) -> str:
    """Return a definition that has no added tokens, and whose model does not know their texts as pieces either."""
    _, start, end = _find_added_tokens(definition)
    rest = definition[:start] + "[]" + definition[end:]
    if not any(json.dumps(token["content"], ensure_ascii=False) in rest for token in added):
        return rest  # a definition takes half a second to parse, and most vocabularies leave control tokens out
    config = json.loads(rest)
    controls = {token["content"]: f"\0 {token['id']} \0" for token in added}  # no model meets a space
    model = config["model"]
    vocab = model["vocab"]
    if isinstance(vocab, list):  # Unigram: pieces with their scores
        model["vocab"] = [[controls.get(piece, piece), score] for piece, score in vocab]
    elif not controls.keys().isdisjoint(vocab):
        model["vocab"] = {controls.get(piece, piece): id_ for piece, id_ in vocab.items()}
        model["unk_token"] = controls.get(model["unk_token"], model["unk_token"])
        if "merges" in model:
            model["merges"] = [merge for merge in model["merges"] if _merged(merge) not in controls]
    return json.dumps(config)


def _merged(merge: str | Sequence[str]) -> str:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left + right
