"""HashHop of one hop, drawn on the device in the reference's form, many prompts at once."""

from dataclasses import dataclass

import torch

_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Of one hop the answer is the same with and without steps; the lines above the answers say which is asked for.
_HEADERS = tuple(f"\nCOMPLETION:\nHops=1\n\nCoT={steps}\n\n".encode() for steps in (True, False))
_EQUALS, _QUOTE, _NEWLINE = b" = '", ord("'"), ord("\n")


@dataclass(frozen=True, slots=True)
class Batch:
    """Prompts and answers as bytes `(batch, bytes)`, and where the answers and their closing quotes are, the same."""

    ids: torch.Tensor
    answers: torch.Tensor
    n_answers: int  # of a prompt


class Problems:
    """Draws prompts from one seed."""

    def __init__(self, device: torch.device, seed: int) -> None:
        """Seed the generator."""
        self._generator = torch.Generator(device).manual_seed(seed)
        self._device = device
        self._letters = self._bytes(_LETTERS)

    def draw(self, n_prompts: int, n_pairs: int, hash_length: int, n_answers: int, *, steps: bool = True) -> Batch:
        """Draw prompts of `n_pairs` pairs of which `n_answers` are asked for, in random order, one below the other."""
        shape = (n_prompts, n_pairs, 2, hash_length)
        picks = torch.randint(len(_LETTERS), shape, generator=self._generator, device=self._device)
        first, second = self._letters[picks].unbind(2)
        equals = self._bytes(_EQUALS).expand(n_prompts, n_pairs, -1)
        end = self._bytes(bytes([_QUOTE, _NEWLINE])).expand(n_prompts, n_pairs, -1)
        lines = torch.cat([first, equals, second, end], dim=-1)  # A = 'B'
        order = torch.rand((n_prompts, n_pairs), generator=self._generator, device=self._device).argsort(dim=1)
        asked = lines[torch.arange(n_prompts, device=self._device)[:, None], order[:, :n_answers]]
        header = self._bytes(_HEADERS[0] if steps else _HEADERS[1]).expand(n_prompts, -1)
        ids = torch.cat([lines.flatten(1), header, asked.flatten(1)], dim=1)[:, :-1]
        answers = torch.zeros(lines.shape[-1], dtype=torch.bool, device=self._device)
        answers[hash_length + len(_EQUALS) : -1] = True
        none = torch.zeros(ids.shape[1] + 1 - n_answers * len(answers), dtype=torch.bool, device=self._device)
        return Batch(ids, torch.cat([none, answers.repeat(n_answers)])[:-1].expand_as(ids), n_answers)

    def _bytes(self, text: bytes) -> torch.Tensor:
        return torch.tensor(list(text), device=self._device)
