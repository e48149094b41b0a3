"""A file cut into segments, what the router chooses among: whole lines, up to 64 tokens."""

import numpy as np

from model.memory.index import FileTokens, Offsets
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary

SEGMENT_TOKENS = 64


class Segmenter:
    """Cuts texts into tokens, lines and segments. What a text becomes depends on nothing but its own characters."""

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary) -> None:
        """Take a tokenizer and the bytes of its tokens."""
        self._tokenizer = tokenizer
        self._n_newlines = np.array([(token or b"").count(b"\n") for token in vocabulary.tokens], dtype=np.int64)

    def cut(self, text: str) -> FileTokens:
        r"""Cut a text with `\n` endings. A token that ends several lines belongs to the first of them."""
        ids = self._tokenizer.encode_array(text)
        n_lines = text.count("\n") + (not text.endswith("\n") and text != "")
        n_ended = np.cumsum(self._n_newlines[ids])
        # A token stands on the line whose number is that of the lines that ended before it.
        starts = np.searchsorted(n_ended, np.arange(1, n_lines), side="left") + 1
        line_starts = np.concatenate([[0], starts, [len(ids)]]) if n_lines else np.zeros(1, dtype=np.int64)
        return FileTokens(ids, line_starts.astype(np.int64), cut_lines(line_starts.astype(np.int64)))


def cut_lines(line_starts: Offsets) -> Offsets:
    """Return the lines that segments begin at, and the number of lines.

    Lines fill a segment up to 64 tokens; a longer line is a segment by itself.
    """
    n_lines = len(line_starts) - 1
    starts = [0]
    first = 0
    while first < n_lines:
        fitting = int(np.searchsorted(line_starts, line_starts[first] + SEGMENT_TOKENS, side="right")) - 1
        first = min(max(fitting, first + 1), n_lines)
        starts.append(first)
    return np.array(starts, dtype=np.int64)
