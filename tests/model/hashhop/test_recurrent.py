"""Networks with a fixed state: against transformers' own, in pieces against in one go, and as readers."""

from pathlib import Path

import pytest
import torch
from transformers import Mamba2Config, Mamba2ForCausalLM

from model.errors import WeightsError
from model.hashhop.fixed_state import Sizes, build, load, save
from model.hashhop.mamba import EXPAND, HEAD_DIM
from model.hashhop.protocols import Question
from model.hashhop.recurrent import RecurrentReader

SIZES = [Sizes("lstm", 48, 2), Sizes("mamba2", 64, 2, 16)]
CLOSE = {"atol": 1e-4, "rtol": 1e-4}
QUESTIONS = [Question("aBc", 1, chain_of_thought=True), Question("xyzw", 2, chain_of_thought=False)]


@pytest.fixture(params=SIZES, ids=lambda sizes: sizes.kind)
def sizes(request: pytest.FixtureRequest) -> Sizes:
    torch.manual_seed(0)
    return request.param


@pytest.fixture
def weights(sizes: Sizes, tmp_path: Path) -> Path:
    save(build(sizes), sizes, tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def test_mamba_is_that_of_transformers() -> None:
    torch.manual_seed(0)
    sizes = SIZES[1]
    ours = build(sizes)
    with torch.no_grad():
        for parameter in ours.parameters():  # norms are 1 at first, which would hide them
            parameter.add_(torch.rand_like(parameter) * 0.1)
    config = Mamba2Config(
        vocab_size=256, hidden_size=sizes.width, num_hidden_layers=sizes.n_layers, state_size=sizes.n_state,
        expand=EXPAND, head_dim=HEAD_DIM, num_heads=EXPAND * sizes.width // HEAD_DIM, n_groups=1, chunk_size=32,
        tie_word_embeddings=False, residual_in_fp32=True,
    )  # fmt: skip
    theirs = Mamba2ForCausalLM(config).eval()
    theirs.load_state_dict(ours.state_dict())
    for n_bytes in (1, 63, 200):
        ids = torch.randint(256, (2, n_bytes))
        with torch.inference_mode():
            torch.testing.assert_close(ours(ids)[0], theirs(ids).logits, **CLOSE)


def test_a_prompt_in_pieces_leaves_what_it_leaves_in_one(sizes: Sizes) -> None:
    network = build(sizes).eval()
    ids = torch.randint(256, (3, 150))
    with torch.inference_mode():
        whole, after = network(ids)
        state, pieces = None, []
        for start, end in ((0, 70), (70, 71), (71, 72), (72, 150)):
            logits, state = network(ids[:, start:end], state)
            pieces.append(logits)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, **CLOSE)
    for one, other in zip(after, state, strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_readers_answer_by_the_state_alone(weights: Path, sizes: Sizes) -> None:
    reader = RecurrentReader(weights)
    heard: list[int] = []
    short = reader.read(["aBc = 'dEf'"], heard.append)
    long = reader.read(["aBc = 'dEf'\n" * 500, "xyzw = 'abcd'"])
    assert heard == [11]
    assert (short.n_tokens, long.n_tokens) == (11, 6013)
    assert short.n_bytes == long.n_bytes > 0
    assert reader.max_tokens is None
    assert reader.count_tokens("é\n") == 3
    answers = short.complete(QUESTIONS)
    assert answers == short.complete(QUESTIONS)  # a reading is left as it was
    assert answers[1:] == short.complete(QUESTIONS[1:])
    assert all(len(answer) <= 14 for answer in answers)


def test_what_a_reader_writes_is_the_networks_greedy_text(weights: Path) -> None:
    prompt = "aBc = 'dEf'"
    [answer] = RecurrentReader(weights).read([prompt]).complete(QUESTIONS[:1])
    network, _ = load(weights, torch.device("cpu"))
    text = list((prompt + QUESTIONS[0].text).encode())
    expected: list[int] = []
    with torch.inference_mode():
        while len(expected) < 6:
            token = int(network(torch.tensor([text + expected]))[0][0, -1].argmax())
            if token == ord("'"):
                break
            expected.append(token)
    assert answer == bytes(expected).decode("ascii", errors="replace")


def test_weights_that_do_not_load_are_an_error(weights: Path, tmp_path: Path) -> None:
    whole = weights.read_bytes()
    for content in (b"", whole[: len(whole) // 2], whole.replace(b"n_layers", b"m_layers")):
        weights.write_bytes(content)
        with pytest.raises(WeightsError, match="does not load as a recurrent network"):
            RecurrentReader(weights)
    with pytest.raises(WeightsError, match="does not load as a recurrent network"):
        RecurrentReader(tmp_path / "nothing")
    weights.write_bytes(whole)
    with pytest.raises(ValueError, match="empty prompt"):
        RecurrentReader(weights).read([])
