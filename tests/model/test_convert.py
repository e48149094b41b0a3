import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Type
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from model.api import Progress
from model.convert import convert, is_converted
from model.convert_tokenizer import Vocabulary, build_tokenizer
from model.errors import WeightsError

SHA = "0" * 64
HIDDEN, HEADS, KV_HEADS, FFN, LAYERS = 64, 4, 2, 256, 2
MERGES = ["Ġ Ġ", "i n", "Ġ d", "e f", "Ġd ef"]
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


def tiny_vocabulary() -> tuple[list[str], list[int]]:
    """Bytes, merges, control tokens, one user-defined token, and padding up to a multiple of 64."""
    normal = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
    tokens = [*normal, *CONTROL, "<tool_call>"]
    types = [1] * len(normal) + [3] * len(CONTROL) + [4]
    while len(tokens) % 64:
        tokens.append(f"[PAD{len(tokens)}]")
        types.append(5)
    return tokens, types


def write_gguf(
    path: Path,
    architecture: str = "qwen2",
    *,
    tied: bool = False,
    drop: str | None = None,
    extra: dict[str, str] | None = None,
    pre: str = "qwen2",
) -> dict[str, np.ndarray]:
    """Write a tiny random model; return what its tensors are worth, dequantised, by GGUF name."""
    random = np.random.default_rng(0)
    tokens, types = tiny_vocabulary()
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(MERGES)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_chat_template(TEMPLATE)
    for key, value in (extra or {}).items():
        writer.add_string(key, value)

    head_dim = HIDDEN // HEADS
    shapes: dict[str, tuple[tuple[int, ...], Type]] = {
        "token_embd.weight": ((len(tokens), HIDDEN), Type.Q5_0),
        "output_norm.weight": ((HIDDEN,), Type.F32),
    }
    if not tied:
        shapes["output.weight"] = ((len(tokens), HIDDEN), Type.Q8_0)
    for layer in range(LAYERS):
        block: dict[str, tuple[tuple[int, ...], Type]] = {
            "attn_norm.weight": ((HIDDEN,), Type.F32),
            "ffn_norm.weight": ((HIDDEN,), Type.F32),
            "attn_q.weight": ((HEADS * head_dim, HIDDEN), Type.F16),
            "attn_k.weight": ((KV_HEADS * head_dim, HIDDEN), Type.Q8_0),
            "attn_v.weight": ((KV_HEADS * head_dim, HIDDEN), Type.F32),
            "attn_output.weight": ((HIDDEN, HEADS * head_dim), Type.Q4_0),
            "ffn_gate.weight": ((FFN, HIDDEN), Type.Q5_0),
            "ffn_up.weight": ((FFN, HIDDEN), Type.BF16),
            "ffn_down.weight": ((HIDDEN, FFN), Type.Q4_1),
        }
        if architecture == "qwen3":
            block |= {f"attn_{x}_norm.weight": ((head_dim,), Type.F32) for x in "qk"}
        else:
            block["attn_q.bias"] = ((HEADS * head_dim,), Type.F32)
            block |= {f"attn_{x}.bias": ((KV_HEADS * head_dim,), Type.F32) for x in "kv"}
        shapes |= {f"blk.{layer}.{name}": value for name, value in block.items()}

    truth = {}
    for name, (shape, kind) in shapes.items():
        if name == drop:
            continue
        packed = gguf.quantize(random.normal(0, 0.1, shape).astype(np.float32), kind)
        writer.add_tensor(name, packed, raw_dtype=kind)
        truth[name] = gguf.dequantize(packed, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return truth


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    home = tmp_path_factory.mktemp("converted")
    truth = write_gguf(home / "m.gguf")
    convert(home / "m.gguf", home / "out", SHA, lambda _: None)
    return home / "out", truth


def load(directory: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16, local_files_only=True)


NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output.weight": "lm_head.weight",
    "blk.1.attn_q.weight": "model.layers.1.self_attn.q_proj.weight",
    "blk.0.attn_v.bias": "model.layers.0.self_attn.v_proj.bias",
    "blk.1.ffn_down.weight": "model.layers.1.mlp.down_proj.weight",
    "blk.0.ffn_norm.weight": "model.layers.0.post_attention_layernorm.weight",
}


def test_transformers_loads_every_tensor_as_it_was_in_the_source(
    converted: tuple[Path, dict[str, np.ndarray]],
) -> None:
    directory, truth = converted
    state = load(directory).state_dict()
    assert len(state) == len(truth)
    for ours, theirs in NAMES.items():
        assert torch.equal(state[theirs], torch.tensor(truth[ours]).bfloat16()), ours


def test_embedding_and_head_stay_two_tensors(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    model = load(converted[0])
    assert not model.config.tie_word_embeddings
    assert not torch.equal(model.lm_head.weight, model.model.embed_tokens.weight)


def test_a_file_without_a_head_is_tied(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf", tied=True)
    convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    model = load(tmp_path / "out")
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_qwen3_loads_too(tmp_path: Path) -> None:
    truth = write_gguf(tmp_path / "m.gguf", "qwen3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    state = load(tmp_path / "out").state_dict()
    assert len(state) == len(truth)
    got = state["model.layers.1.self_attn.k_norm.weight"]
    assert torch.equal(got, torch.tensor(truth["blk.1.attn_k_norm.weight"]).bfloat16())


def test_a_model_larger_than_a_shard_is_cut_and_loads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, converted: tuple[Path, dict[str, np.ndarray]]
) -> None:
    monkeypatch.setattr("model.convert._SHARD_BYTES", 50_000)
    monkeypatch.setattr("model.convert._CHUNK_ELEMENTS", 100)  # one row at a time
    write_gguf(tmp_path / "m.gguf")
    seen: list[Progress] = []
    convert(tmp_path / "m.gguf", tmp_path / "out", SHA, seen.append)
    assert len(list((tmp_path / "out").glob("*.safetensors"))) > 3
    whole = load(converted[0]).state_dict()
    for name, tensor in load(tmp_path / "out").state_dict().items():
        assert torch.equal(tensor, whole[name]), name
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].done == seen[-1].total == sum(t.numel() * 2 for t in whole.values())


def test_generation_ends_at_the_turn_and_at_the_text(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    tokens, _ = tiny_vocabulary()
    generation = load(converted[0]).generation_config
    assert generation.eos_token_id == [tokens.index("<|im_end|>"), tokens.index("<|endoftext|>")]
    assert generation.pad_token_id == tokens.index("<|endoftext|>")


def test_the_configuration_is_the_vendors(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    config = json.loads((converted[0] / "config.json").read_text())
    assert (config["rms_norm_eps"], config["rope_theta"], config["dtype"]) == (1e-6, 1e6, "bfloat16")
    assert load(converted[0]).config.rope_parameters["rope_theta"] == 1e6


def test_control_tokens_have_the_sources_ids_and_padding_is_no_token(
    converted: tuple[Path, dict[str, np.ndarray]],
) -> None:
    tokens, types = tiny_vocabulary()
    tokenizer = Tokenizer.from_file(str(converted[0] / "tokenizer.json"))
    text = "<|im_start|>a<tool_call>b<|im_end|>"
    assert tokenizer.encode(text).ids == [
        tokens.index(t) for t in ("<|im_start|>", "a", "<tool_call>", "b", "<|im_end|>")
    ]
    assert tokenizer.decode(tokenizer.encode(text).ids) == "a<tool_call>b"
    assert tokenizer.get_vocab_size() == sum(kind != 5 for kind in types)
    assert tokenizer.token_to_id(tokens[-1]) is None


def test_merges_apply_in_order(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    tokenizer = Tokenizer.from_file(str(converted[0] / "tokenizer.json"))
    assert tokenizer.encode("in def   in").tokens == ["in", "Ġdef", "ĠĠ", "Ġ", "in"]


def test_transformers_own_tokenizer_gives_the_same_ids_and_renders_the_chat(
    converted: tuple[Path, dict[str, np.ndarray]],
) -> None:
    theirs = AutoTokenizer.from_pretrained(converted[0])
    ours = Tokenizer.from_file(str(converted[0] / "tokenizer.json"))
    for text in ("def f():\r\n\treturn 'é'  # 漢字 🎉", "it's 1234", "", "<|im_end|> x", "\n \n\n  y"):
        assert theirs(text).input_ids == ours.encode(text).ids
    chat = theirs.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
    assert chat == "<|im_start|>user\nhi<|im_end|>\n"
    assert (theirs.eos_token, theirs.pad_token, theirs.bos_token) == ("<|im_end|>", "<|endoftext|>", None)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_decoding_restores_any_text_that_is_in_normal_form(text: str) -> None:
    tokens, types = tiny_vocabulary()
    merges = tuple((left, right) for left, right in (merge.split(" ") for merge in MERGES))
    tokenizer = build_tokenizer(Vocabulary(tuple(tokens), tuple(types), merges, (0,), 0, ""))
    assert tokenizer.decode(
        tokenizer.encode(text).ids, skip_special_tokens=False
    ) == tokenizer.normalizer.normalize_str(text)


def test_the_tokenizer_loads_without_torch(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    code = "import sys, tokenizers; tokenizers.Tokenizer.from_file(sys.argv[1]); print('torch' in sys.modules)"
    command = [sys.executable, "-c", code, str(converted[0] / "tokenizer.json")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "llama"}, "architecture 'llama' cannot be converted"),
        ({"drop": "blk.1.ffn_up.weight"}, r"lacks 1 tensors, such as 'blk\.1\.ffn_up\.weight'"),
        ({"pre": "llama-bpe"}, "tokenizer gpt2/llama-bpe cannot be converted"),
        ({"extra": {"qwen2.rope.scaling.type": "yarn"}}, "rotary scaling 'yarn'"),
    ],
)
def test_what_cannot_be_converted_is_named_and_leaves_nothing(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    write_gguf(tmp_path / "m.gguf", **options)
    with pytest.raises(WeightsError, match=message):
        convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


@pytest.mark.parametrize("size", [0, 3, 100, 3000, -1000])
def test_a_damaged_file_is_a_weights_error(tmp_path: Path, size: int) -> None:
    write_gguf(tmp_path / "whole.gguf")
    (tmp_path / "m.gguf").write_bytes((tmp_path / "whole.gguf").read_bytes()[:size])
    with pytest.raises(WeightsError):
        convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)


def test_a_vocabulary_with_a_gap_is_refused() -> None:
    tokens, types = tiny_vocabulary()
    tokens.insert(len(tokens) - 1, "[PAD]")
    tokens[-1], types = "<|late|>", [*types[:-1], 5, 3]
    merges = tuple((left, right) for left, right in (merge.split(" ") for merge in MERGES))
    with pytest.raises(WeightsError, match="leaves a gap"):
        build_tokenizer(Vocabulary(tuple(tokens), tuple(types), merges, (0,), 0, ""))


def test_merges_that_do_not_fit_are_refused() -> None:
    tokens, types = tiny_vocabulary()
    with pytest.raises(WeightsError, match="merges do not fit"):
        build_tokenizer(Vocabulary(tuple(tokens), tuple(types), (("x", "nowhere"),), (0,), 0, ""))


def test_an_interrupt_leaves_the_old_conversion(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf")
    convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)

    def interrupt(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "m.gguf", tmp_path / "out", "1" * 64, interrupt)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.gguf", "out"]
    assert is_converted(tmp_path / "out", SHA)


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gguf(tmp_path / "m.gguf")
    monkeypatch.setattr("model.convert._SMALL_FILES_BYTES", 1 << 60)
    with pytest.raises(WeightsError, match=r"the conversion needs .* GB in"):
        convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    assert not (tmp_path / "out").exists()


def edit_record(directory: Path, key: str, value: object) -> None:
    record = json.loads((directory / "conversion.json").read_text())
    (directory / "conversion.json").write_text(json.dumps(record | {key: value}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: (d / "conversion.json").unlink(),
        lambda d: (d / "conversion.json").write_text("{"),
        lambda d: (d / "conversion.json").write_text("[]"),
        lambda d: (d / "tokenizer.json").unlink(),
        lambda d: (d / "config.json").write_text("{}"),
        lambda d: edit_record(d, "format", 0),
        lambda d: edit_record(d, "source_sha256", "1" * 64),
        lambda d: edit_record(d, "files", []),
    ],
)
def test_a_damaged_conversion_is_noticed_and_made_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    write_gguf(tmp_path / "m.gguf")
    convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    assert is_converted(tmp_path / "out", SHA)
    damage(tmp_path / "out")
    assert not is_converted(tmp_path / "out", SHA)
    convert(tmp_path / "m.gguf", tmp_path / "out", SHA, lambda _: None)
    assert is_converted(tmp_path / "out", SHA)
