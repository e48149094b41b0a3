"""Text to token ids and back, where control tokens written in a text stay text."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tokenizers import Tokenizer as FastTokenizer
from tokenizers.decoders import DecodeStream

from model.errors import WeightsError

Detokenize = Callable[[int], str]


class Tokenizer:
    """The model's own tokenizer, read from `tokenizer.json`; needs no torch.

    A repository may hold `<|im_end|>` in a file. As plain text it must never become the control token that ends a
    message, so plain text goes through a copy that knows no added tokens; only our own chat frame may use them.
    """

    def __init__(self, definition: str) -> None:
        """Build from the content of a `tokenizer.json`."""
        self.definition = definition
        self._with_controls = FastTokenizer.from_str(definition)
        self._plain = FastTokenizer.from_str(_without_controls(definition))
        added = self._with_controls.get_added_tokens_decoder()
        self.controls: Mapping[str, int] = {token.content: id_ for id_, token in added.items()}
        self.control_ids = frozenset(id_ for id_, token in added.items() if token.special)

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

    @property
    def size(self) -> int:
        """Ids that the vocabulary has, control tokens included."""
        return self._with_controls.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        """Encode plain text; what looks like a control token is text."""
        return self._plain.encode(text, add_special_tokens=False).ids

    def encode_frame(self, text: str) -> list[int]:
        """Encode a piece of our own chat frame; its control tokens are control tokens."""
        return self._with_controls.encode(text, add_special_tokens=False).ids

    def count(self, text: str) -> int:
        """Count the tokens of plain text."""
        return len(self.encode(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, control tokens left out."""
        return self._with_controls.decode(list(ids), skip_special_tokens=True)

    def stream(self) -> Detokenize:
        """Return a function from the next id to the text that it completes, which is often empty.

        A character's bytes may be spread over several tokens; text is handed out only when it is whole.
        """
        stream = DecodeStream(skip_special_tokens=True)
        return lambda id_: stream.step(self._with_controls, id_) or ""


def _without_controls(definition: str) -> str:
    """Return a definition that has no added tokens, and whose model does not know their texts as pieces either."""
    config = json.loads(definition)
    controls = {token["content"]: f"\0 {token['id']} \0" for token in config["added_tokens"]}  # no model meets a space
    config["added_tokens"] = []
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
