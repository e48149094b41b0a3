"""The reference's own interface (magicproduct/hash-hop, `MultiHopEval.make_one`): its parameters, its three texts."""

import math
from dataclasses import dataclass

import numpy as np

from model.errors import ProblemError
from model.hashhop.hashes import Hashes
from model.hashhop.layout import Layout
from model.hashhop.problem import HashHop


@dataclass(frozen=True, slots=True)
class MultiHopSample:
    """The prompt, the completion that a model is to write behind it, and the answer to each possible question."""

    prompt: str
    completion: str
    targets: dict[str, str]


def make_one(
    n_chars_problem: int,
    num_queries: int,
    hops: int,
    hash_pair_str_length: int,
    chain_of_thought: bool,  # noqa: FBT001 - as the reference has it
    seed: int = 0,
) -> MultiHopSample:
    """Make a sample of as many chains as the reference would, with all of its text in memory.

    Raises:
        ProblemError: there are fewer chains than queries, or too few hashes of that length.

    """
    chars_per_chain = (2 * hash_pair_str_length + 3) * hops  # the reference leaves newlines and quotes out
    layout = Layout.of_reference(hops)
    n_chains = math.ceil(n_chars_problem / chars_per_chain)
    Hashes(hash_pair_str_length, seed).check(n_chains * layout.n_hashes)
    if num_queries > n_chains:
        raise ProblemError(f"{num_queries:,} queries are asked for and there are {n_chains:,} chains: ask fewer")
    problem = HashHop(n_chains, layout, hash_pair_str_length, seed)
    chains = problem.texts(layout.chains(hops, np.arange(n_chains)))
    targets = {chain[0]: " = ".join(chain[1:]) if chain_of_thought else chain[-1] for chain in chains}
    lines = [f"{start} = '{end}'" for start, end in targets.items()][:num_queries]
    completion = f"COMPLETION:\nHops={hops}\n\nCoT={chain_of_thought}\n\n" + "\n".join(lines) + "\n"
    return MultiHopSample("".join(problem.pieces()), completion, targets)
