"""What a GGUF file's metadata says about a model's shape, in the words of Hugging Face transformers."""

from typing import Any

from model.errors import WeightsError

_CLASSES = {"qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}

_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_BLOCK = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
_EXTRA = {
    "qwen2": {
        "attn_q.bias": "self_attn.q_proj.bias",
        "attn_k.bias": "self_attn.k_proj.bias",
        "attn_v.bias": "self_attn.v_proj.bias",
    },
    "qwen3": {
        "attn_q_norm.weight": "self_attn.q_norm.weight",
        "attn_k_norm.weight": "self_attn.k_norm.weight",
    },
}


def metadata(reader: Any, key: str, default: Any = None) -> Any:
    """Return one metadata value of a `gguf.GGUFReader`.

    Raises:
        WeightsError: the key is missing and there is no default.

    """
    field = reader.get_field(key)
    if field is not None:
        return field.contents()
    if default is None:
        raise WeightsError(f"the GGUF file has no {key!r}; it is damaged, or of a kind that is not supported")
    return default


def architecture(reader: Any) -> str:
    """Return the name of a supported architecture.

    Raises:
        WeightsError: the architecture, or a variant of it, is not supported.

    """
    name = str(metadata(reader, "general.architecture"))
    if name not in _CLASSES:
        known = " and ".join(sorted(_CLASSES))
        raise WeightsError(f"architecture {name!r} cannot be converted from GGUF; {known} can")
    scaling = metadata(reader, f"{name}.rope.scaling.type", "none")
    if scaling != "none":
        raise WeightsError(f"rotary scaling {scaling!r} cannot be converted from GGUF; unscaled files can")
    return name


def tensor_names(reader: Any) -> dict[str, str]:
    """Map every tensor's GGUF name to its transformers name, checked to be the architecture's full set.

    Raises:
        WeightsError: a tensor is missing, or one is there that the architecture has not.

    """
    name = architecture(reader)
    names = dict(_TOP)
    for layer in range(metadata(reader, f"{name}.block_count")):
        for ours, theirs in (_BLOCK | _EXTRA[name]).items():
            names[f"blk.{layer}.{ours}"] = f"model.layers.{layer}.{theirs}"
    present = {tensor.name for tensor in reader.tensors}
    if "output.weight" not in present:  # the head is the embedding
        del names["output.weight"]
    if missing := names.keys() - present:
        raise WeightsError(f"the GGUF file lacks {len(missing)} tensors, such as {min(missing)!r}")
    if unknown := present - names.keys():
        raise WeightsError(f"the GGUF file holds tensors that {name} has not, such as {min(unknown)!r}")
    return names


def model_config(reader: Any) -> dict[str, Any]:
    """Return the content of `config.json`.

    Raises:
        WeightsError: the architecture is not supported, or a value is missing.

    """
    name = architecture(reader)

    def value(key: str, default: Any = None) -> Any:
        return metadata(reader, f"{name}.{key}", default)

    tensors = {tensor.name: tensor for tensor in reader.tensors}
    hidden_size, heads = value("embedding_length"), value("attention.head_count")
    return {
        "architectures": [_CLASSES[name]],
        "model_type": name,
        "dtype": "bfloat16",
        "vocab_size": int(tensors["token_embd.weight"].shape[1]),  # GGUF shapes are innermost first
        "hidden_size": hidden_size,
        "intermediate_size": value("feed_forward_length"),
        "num_hidden_layers": value("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": value("attention.head_count_kv", heads),
        "head_dim": value("attention.key_length", hidden_size // heads),
        "hidden_act": "silu",
        "max_position_embeddings": value("context_length"),
        # GGUF holds float32; the shortest decimal that rounds to it is what the vendor wrote (1e-06).
        "rms_norm_eps": float(f"{value('attention.layer_norm_rms_epsilon'):.7g}"),
        "rope_theta": float(value("rope.freq_base")),
        "attention_bias": name == "qwen2",
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "use_cache": True,
        "use_sliding_window": False,
        "tie_word_embeddings": "output.weight" not in tensors,
    }
