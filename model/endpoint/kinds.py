"""Kinds of servers, told apart by how they list their models."""

from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal["llama-server", "vLLM", "SGLang", "Ollama", "LM Studio", "other"]

_KINDS: dict[str, Kind] = {
    "llamacpp": "llama-server",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "library": "Ollama",
    "organization_owner": "LM Studio",
}


def kind_of(entry: Mapping[str, Any]) -> Kind:
    """Tell a server from how it lists a model."""
    return _KINDS.get(str(entry.get("owned_by")), "other")


def names_of(listing: Mapping[str, Any]) -> list[str]:
    """Return the names in an answer to `/v1/models`."""
    entries = listing.get("data")
    if not isinstance(entries, list):
        return []
    return [each["id"] for each in entries if isinstance(each, dict) and isinstance(each.get("id"), str)]
