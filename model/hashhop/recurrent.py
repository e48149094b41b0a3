"""Recurrent networks in the harness: what they keep of a prompt is their state, of one size for prompts of any size."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from model.device import choose_device
from model.hashhop.fixed_state import FixedState, State, load
from model.hashhop.protocols import OnTokens, Question, unheard

_BYTES_AT_ONCE = 4096
_QUOTE = ord("'")
_NAMES = {"lstm": "LSTM", "mamba2": "Mamba-2"}


class RecurrentReader:
    """A trained network; see `tools/train_recurrent`."""

    max_tokens = None

    def __init__(self, path: Path, device: str = "cpu") -> None:
        """Load weights.

        Raises:
            WeightsError: they do not load.
            DeviceError: the device is not there.

        """
        self._device = choose_device(device)
        self._network, sizes = load(path, self._device)
        self.name = _NAMES[sizes.kind]

    def count_tokens(self, text: str) -> int:
        """Count bytes."""
        return len(text.encode())

    @torch.inference_mode()
    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> "RecurrentReading":
        """Read a prompt piece by piece; nothing but the state is kept.

        Raises:
            ValueError: the prompt is empty.

        """
        state, n_tokens = None, 0
        for piece in pieces:
            content = piece.encode()
            for start in range(0, len(content), _BYTES_AT_ONCE):
                ids = torch.tensor([list(content[start : start + _BYTES_AT_ONCE])], device=self._device)
                _, state = self._network(ids, state)
                n_tokens += ids.shape[1]
                progress(n_tokens)
        if state is None:
            raise ValueError("an empty prompt has no state")
        return RecurrentReading(self._network, state, n_tokens)


class RecurrentReading:
    """A state, and the network that it belongs to."""

    def __init__(self, network: FixedState, state: State, n_tokens: int) -> None:
        """Take the state after so many tokens."""
        self._network, self._state, self.n_tokens = network, state, n_tokens

    @property
    def n_bytes(self) -> int:
        """Bytes of the state."""
        return sum(part.numel() * part.element_size() for part in self._state)

    @torch.inference_mode()
    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        """Answer each question, greedily, up to the closing quote; `progress` hears of decoded tokens."""
        answers: list[str] = []
        n_decoded = 0
        for question in questions:
            # A hash, and what stands between two, for each hop: no right answer is longer.
            longest = question.hops * (len(question.start) + 3)
            answer: list[int] = []
            new, state = list(question.text.encode()), self._state
            while len(answer) < longest:
                logits, state = self._network(torch.tensor([new], device=self._state[0].device), state)
                new = [int(logits[0, -1].argmax())]
                n_decoded += 1
                if new == [_QUOTE]:
                    break
                answer += new
            progress(n_decoded)
            answers.append(bytes(answer).decode("ascii", errors="replace"))
        return answers
