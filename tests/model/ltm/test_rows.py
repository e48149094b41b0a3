"""A table that grows."""

import pytest
import torch

from model.ltm import rows
from model.ltm.rows import Rows


@pytest.mark.parametrize("block", [1, 37, 64, 10_000])
def test_rows_come_back(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_BLOCK", block)
    table = torch.arange(1_000, dtype=torch.float32).view(500, 2)
    made = Rows(2, torch.float32, torch.device("cpu"))
    for part in table.split(37):
        made.append(part)
    assert len(made) == 500
    assert torch.equal(torch.cat(list(made)), table)
    assert torch.equal(made[torch.tensor([499, 0, 37])], table[[499, 0, 37]])
    made.clear()
    assert list(made) == []
