"""Passes over a few tokens as CUDA graphs: three hundred kernels in one launch, where each alone costs microseconds."""

from collections.abc import Callable, Sequence

import torch

from model.cuda.operations import Fed
from model.cuda.step import Feed, Step

_MAX_WIDTH = 64
_N_PAGES = 4096  # at first; with 64 tokens each, several windows of most models
_HEAD = 4 * _MAX_WIDTH + 1  # ints before the pages: tokens, and how many keys are shared


class Graphs:
    """Graphs by width, a power of two, over one set of inputs. They are captured when they are first needed."""

    def __init__(self, run: Callable[[Fed], torch.Tensor], device: torch.device) -> None:
        """Take what is to be captured: from inputs to `(width, …)`."""
        self._run = run
        self._device = device
        self._states: tuple[int, torch.Size] | None = None  # address and shape of those that were captured
        self._reserve(_N_PAGES)

    def run(self, feeds: Sequence[Feed], n_tokens: int, states: torch.Tensor) -> torch.Tensor:
        """Return what the pass gives for each token, good until the next call.

        Args:
            feeds: new tokens, for which room is reserved.
            n_tokens: how many they are together, 64 at most.
            states: all keys and values; when they are others than before, what was captured is of no use.

        """
        width = 1 << (n_tokens - 1).bit_length()
        step = Step.of(feeds, width)
        if self._states != (found := (states.data_ptr(), states.shape)):
            self._forget()
            self._states = found
        if len(step.pages) > len(self._pages):
            self._reserve(2 * len(step.pages))
        end = _HEAD + len(step.pages)
        self._staged[: _HEAD - 1].view(4, _MAX_WIDTH)[:, :width] = torch.from_numpy(step.tokens)
        self._staged[_HEAD - 1] = step.n_shared_tokens
        self._staged[_HEAD:end] = torch.from_numpy(step.pages)
        self._inputs[:end].copy_(self._staged[:end], non_blocking=True)
        if width not in self._captured:
            self._captured[width] = self._capture(width)
        graph, out = self._captured[width]
        graph.replay()
        return out

    def _forget(self) -> None:
        # Memory of its own for what comes next: torch takes none twice that all graphs have left.
        self._captured: dict[int, tuple[torch.cuda.CUDAGraph, torch.Tensor]] = {}
        self._memory = torch.cuda.graph_pool_handle()

    def _reserve(self, n_pages: int) -> None:
        """Make inputs with room for that many page numbers."""
        self._forget()
        self._staged = torch.zeros(_HEAD + n_pages, dtype=torch.int32, pin_memory=True)
        self._inputs = torch.zeros(_HEAD + n_pages, dtype=torch.int32, device=self._device)
        self._tokens = self._inputs[: _HEAD - 1].view(4, _MAX_WIDTH)
        self._n_shared, self._pages = self._inputs[_HEAD - 1 : _HEAD], self._inputs[_HEAD:]

    def _capture(self, width: int) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
        fed = Fed(self._tokens[:, :width], self._pages, self._n_shared)
        # Once before, for what is compiled or allocated on the first call; on a stream of its own, as capturing asks.
        stream: torch.cuda.Stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]  # torch's
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            self._run(fed)
        torch.cuda.current_stream(self._device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._memory):
            out = self._run(fed)
        return graph, out
