"""`ltm-hashhop` as the evaluation knows it: it reads a prompt of any length and answers questions about it."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from model.errors import ProblemError
from model.hashhop.protocols import OnTokens, Question, unheard
from model.ltm.memory import LtmMemory, Routing
from model.ltm.network import LtmNetwork
from model.ltm.patches import N_LETTER_PLACES, Bytes, Patches, ends_run
from model.ltm.weights import NAME, load_network

_BATCH = 256  # questions that are answered at once
_MAX_RUNS = 64  # an answer that goes on for longer ends here
_END = b"'\n"


class LtmReader:
    """The model, loaded."""

    max_tokens = None

    def __init__(
        self, network: LtmNetwork | None = None, *, device: str = "cpu", routing: Routing = Routing.NEAREST
    ) -> None:
        """Load the weights, unless a network is given."""
        self._network = network or load_network(torch.device(device))
        self._routing = routing
        with torch.inference_mode():
            self._table = self._network.symbols()

    @property
    def name(self) -> str:
        """What tables call it."""
        return NAME if self._routing is Routing.NEAREST else f"{NAME} ({self._routing.value})"

    def count_tokens(self, text: str) -> int:
        """Count tokens: one a byte."""
        return len(text.encode())

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> "LtmReading":
        """Read a prompt, a stretch at a time; nothing but its bytes and the keys of its patches is kept."""
        memory = LtmMemory(self._network, self._table, self._routing)
        memory.read(pieces, progress)
        return LtmReading(self._network, self._table, memory)


class LtmReading:
    """A prompt that was read."""

    def __init__(self, network: LtmNetwork, table: Tensor, memory: LtmMemory) -> None:
        """Take the network, its table of symbols and what it keeps of the prompt."""
        self._network = network
        self._table = table
        self.memory = memory

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt: its bytes."""
        return self.memory.n_tokens

    @property
    def n_bytes(self) -> int:
        """Bytes held for it."""
        return self.memory.n_bytes

    @torch.inference_mode()
    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        """Answer each question by itself; they only share the passes over the keys.

        Raises:
            ProblemError: a hash has more letters than the model tells apart.

        """
        longest = max((len(question.start) for question in questions), default=0)
        if longest > N_LETTER_PLACES:
            raise ProblemError(
                f"{NAME} tells the first {N_LETTER_PLACES} letters of a hash apart, and one has {longest}: "
                "ask for shorter ones"
            )
        answers: list[str] = []
        n_written = 0
        for start in range(0, len(questions), _BATCH):
            asked = [question.text.encode() for question in questions[start : start + _BATCH]]
            for answer in self._continue(asked):
                answers.append(answer.decode(errors="replace"))
                n_written += len(answer)
            progress(n_written)
        return answers

    def _continue(self, asked: list[bytes]) -> list[bytes]:
        answers = [b""] * len(asked)
        if self.memory.index.n_keys == 0:
            return answers
        going_on = list(range(len(asked)))
        for _ in range(_MAX_RUNS):
            runs = self._runs([asked[number] + answers[number] for number in going_on])
            for number, run in zip(going_on, runs, strict=True):
                answers[number] += run
            going_on = [number for number in going_on if answers[number][-1] not in _END]
            if not going_on:
                break
        return [answer.rstrip(_END) for answer in answers]

    def _runs(self, tails: list[bytes]) -> list[bytes]:
        """Return what comes next behind each text, up to and with the first byte that is no letter."""
        states = self._states(tails)
        n_passes = self._network.config.n_passes
        for number in range(n_passes + 1):
            queries = self._network.ask(states, number)
            fetched = self.memory.fetch(queries)
            scores = self._network.sharpness() * fetched.products
            if number < n_passes:
                weights = torch.softmax(scores, dim=-1)
                states = self._network.take(states, torch.einsum("qf,qfd->qd", weights, fetched.values), number)
        read = self.memory.bytes_of(fetched)
        of_bytes = scores[..., None].masked_fill(~read.is_there, -torch.inf)
        logits = self._network.write(
            states, of_bytes.flatten(1), read.ids.flatten(1), read.places.flatten(1), N_LETTER_PLACES + 1
        )
        return [_first_run(row) for row in logits.argmax(-1).cpu().numpy().astype(np.uint8)]

    def _states(self, tails: list[bytes]) -> Tensor:
        one = np.zeros(1, dtype=np.int64)
        cut = [Patches.of_segments(np.frombuffer(tail, dtype=np.uint8), one) for tail in tails]
        ends = torch.tensor([patches.n_patches for patches in cut], device=self._table.device).cumsum(0)
        return self._network.encode_patches(cut, self._table).states[ends - 1]


def _first_run(row: Bytes) -> bytes:
    ends = np.flatnonzero(ends_run(row))
    return row[: int(ends[0]) + 1 if len(ends) else len(row)].tobytes()
