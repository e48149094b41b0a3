"""What an answer could have chosen instead."""

import numpy as np

from model.correction import Fault
from model.decisions import Decisions


def test_what_spells_a_part_of_the_choice_is_no_alternative() -> None:
    decisions = Decisions()
    logits = np.array([5.0, 4.0, 3.0, 1.0, -90.0], dtype=np.float32)
    decisions.note(0, logits, [b"ab", b"a", b"x", None, b"y"], n_tokens=0, n_lines=0, line=b"")
    decision = decisions.pop_weakest(Fault(range(1)))
    assert decision is not None
    assert decision.alternatives == [(2.0, 2)]
