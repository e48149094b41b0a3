"""How many tokens a text has for a model on a server."""

import math
from typing import Any

from model.endpoint.server import Server
from model.endpoint.wire import Wire
from model.errors import EndpointError
from model.tokenizer import Tokenizer

# Asked of the server: more than most windows hold, and less than a second or two of its time.
_MOST_ASKED_CHARS = 1_000_000
# The stand-in counts 1.02 to 1.10 times what Qwen's tokenizer does on code; older vocabularies are smaller than ours.
_MARGIN = 1.25


class Counter:
    """Asks the server where it counts; estimates, rather too high, where it does not or where asking takes too long."""

    def __init__(self, wire: Wire, server: Server, stand_in: Tokenizer) -> None:
        """Take the server, and the tokenizer that stands in for its."""
        self._wire, self._server, self._stand_in = wire, server, stand_in
        self._n_left_chars = _MOST_ASKED_CHARS if server.counts else 0

    @property
    def is_exact(self) -> bool:
        """Whether the next count will be the server's."""
        return self._n_left_chars > 0

    def count(self, text: str) -> int:
        """Count the tokens of plain text."""
        if not text:
            return 0
        if self._n_left_chars >= len(text):
            self._n_left_chars -= len(text)
            try:
                return self._ask(text)
            except EndpointError:  # it was to make an estimate better: what is amiss shows when an answer is wanted
                self._n_left_chars = 0
        return math.ceil(_MARGIN * self._stand_in.count(text))

    def _ask(self, text: str) -> int:
        root = self._wire.endpoint.address.root
        if self._server.kind == "llama-server":
            payload: dict[str, Any] = {"content": text, "add_special": False, "parse_special": False}
        else:
            payload = {"model": self._server.model, "prompt": text, "add_special_tokens": False}
        tokens = self._wire.ask_once(f"{root}/tokenize", payload).get("tokens")
        if not isinstance(tokens, list):
            raise EndpointError("the server tokenises in a way that is not known")
        return len(tokens)
