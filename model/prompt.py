"""From system text, documents and query to token ids, in the order that the model reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.api import Query, Shown
from model.chat import ChatTemplate, Message, Piece
from model.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class PromptEncoder:
    """Lays a prompt out as `frame, system text, documents, frame, turns, task, frame`.

    What is the same for every request on one repository stands first, so that it can be encoded once: the prefix is
    everything up to the last document, the tail is the rest. Each piece and each document is tokenised apart.
    """

    tokenizer: Tokenizer
    template: ChatTemplate

    def prefix(self, system: str, documents: Sequence[Shown]) -> list[int]:
        """Return the ids of the frame's beginning, the system text and the documents."""
        head, _ = self._split(system, Query((), ""))
        ids = [id_ for piece in head for id_ in self._encode(piece)]
        for document in documents:
            ids += self.tokenizer.encode(document.read())
        return ids

    def tail(self, query: Query) -> list[int]:
        """Return the ids of what follows the documents."""
        _, tail = self._split("", query)
        return [id_ for piece in tail for id_ in self._encode(piece)]

    def further(self, shown: Sequence[Shown]) -> list[int]:
        """Return the ids of a further message of the user, put in where the model was writing its own.

        The model's message is ended before it, and another is begun behind it.
        """
        messages = [Message("user", ""), Message("assistant", ""), Message("user", "")]
        pieces = self.template.pieces(messages)
        before = next(i for i, piece in enumerate(pieces) if piece.index == 1)
        between, behind = (
            [id_ for piece in part if piece.kind == "frame" for id_ in self._encode(piece)]
            for part in (pieces[before + 1 : before + 2], pieces[before + 3 :])
        )
        texts = [id_ for document in shown for id_ in self.tokenizer.encode(document.read())]
        return [*between, *texts, *behind]

    def count_frame(self, system: str, query: Query) -> int:
        """Count the tokens of the whole prompt without its documents."""
        return len(self.prefix(system, ())) + len(self.tail(query))

    def render(self, system: str, documents: Sequence[Shown], query: Query) -> Iterator[str]:
        """Yield the prompt's text, piece by piece."""
        head, tail = self._split(system, query)
        yield from (piece.text for piece in head)
        yield from (document.read() for document in documents)
        yield from (piece.text for piece in tail)

    def _encode(self, piece: Piece) -> list[int]:
        if piece.kind == "frame":
            return self.tokenizer.encode_frame(piece.text)
        return self.tokenizer.encode(piece.text)

    def _split(self, system: str, query: Query) -> tuple[list[Piece], list[Piece]]:
        messages = [Message("system", system)]
        messages += [Message(turn.role, turn.text) for turn in query.turns]
        messages.append(Message("user", query.task))
        pieces = self.template.pieces(messages)
        end = next(i for i, piece in enumerate(pieces) if piece.index == 0) + 1
        return pieces[:end], pieces[end:]
