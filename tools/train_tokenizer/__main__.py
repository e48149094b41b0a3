"""Train the tokenizer that stands in for a server's: `python -m tools.train_tokenizer --repo OWNER/NAME=PATH …`.

PATH is a git repository, bare or not; take none that the benchmark of the context measures. The files of its HEAD are
read. The result replaces `model/endpoint/tokenizer.json.gz`, beside which a record of the training is written. The
vocabulary is smaller than those of models in use, so that it counts more tokens than they do. Takes a minute.
"""

import argparse
import datetime as dt
import gzip
import json
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from git import Git
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import model.endpoint
from model.endpoint.stand_in import DEFINITION

# As GPT-4, Qwen and Llama 3 split texts: words, digits one by one, signs, line ends, blanks.
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_MAX_FILE_BYTES = 200_000
_MAX_REPOSITORY_BYTES = 4_000_000  # so that none decides alone


def main() -> int:
    """Train, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_tokenizer", description=__doc__)
    parser.add_argument("--repo", action="append", required=True, metavar="OWNER/NAME=PATH", type=_named)
    parser.add_argument("--vocabulary", type=int, default=32_768)
    options = parser.parse_args()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=options.vocabulary, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    heads = {name: Git(path).rev_parse("HEAD") for name, path in options.repo}
    tokenizer.train_from_iterator((text for _, path in options.repo for text in _texts(path)), trainer)
    directory = Path(model.endpoint.__file__).parent
    definition = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (directory / DEFINITION).write_bytes(gzip.compress(definition.encode(), mtime=0))
    record = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "vocabulary": tokenizer.get_vocab_size(),
        "repositories": heads,
    }
    (directory / "tokenizer.record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def _texts(path: str) -> Iterator[str]:
    n_bytes = 0
    packed = Git(path).archive("--format=tar", "HEAD", stdout_as_string=False, strip_newline_in_stdout=False)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() and member.size <= _MAX_FILE_BYTES else None
            data = file.read() if file else b"\0"
            if b"\0" in data or n_bytes > _MAX_REPOSITORY_BYTES:
                continue
            n_bytes += len(data)
            yield data.decode(errors="replace")


def _named(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not OWNER/NAME=PATH")
    return name, path


if __name__ == "__main__":
    raise SystemExit(main())
