"""Where a catalogue model's bytes come from: the Hugging Face hub by range requests. See `parts` for the index.

Every source appends to one file, whose bytes are the same whatever their source; so what one source began,
another completes.
"""

import http
import http.client
import io
import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from model.api import OnProgress, Progress
from model.catalogue import ModelEntry
from model.errors import UnknownModelError, WeightsError

OnBytes = Callable[[int], None]
_Result = TypeVar("_Result")

_HUB = "https://huggingface.co"
_CHUNK_BYTES = 1 << 18
_NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)

# What a causal language model in safetensors consists of, at the top of its repository: no pickles, no Python.
_SNAPSHOT_FILES = (
    "config.json",
    "generation_config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
)
_SNAPSHOT_LEFT_OUT = ("*/*", "consolidated*")  # variants in folders, and a second copy that some vendors keep


class Source(Protocol):
    """A place that has a catalogue model's bytes."""

    @property
    def name(self) -> str:
        """What users are told."""
        ...

    def fetch(self, entry: ModelEntry, partial: Path, on_bytes: OnBytes) -> None:
        """Complete `partial`, which holds the first bytes of the file or does not exist yet.

        Interrupted at any point, it leaves a file from which any source can go on.

        Args:
            entry: the model.
            partial: the file to append to, until it has `entry.size_bytes`.
            on_bytes: told how many bytes are there.

        Raises:
            WeightsError: this source cannot; another may.
            OSError: the disk is at fault.

        """
        ...


def offline() -> bool:
    """Tell whether the user keeps us from the hub, by the variable that Hugging Face's own tools honour."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True)
class HubSource:
    """The Hugging Face hub, or the mirror that `HF_ENDPOINT` names.

    A hub that has not begun to answer within `answer_timeout_s` is passed over.
    """

    answer_timeout_s: float = 5.0
    stall_timeout_s: float = 30.0

    @property
    def name(self) -> str:
        """What users are told."""
        return "Hugging Face hub"

    def fetch(self, entry: ModelEntry, partial: Path, on_bytes: OnBytes) -> None:
        """See `Source.fetch`."""
        if offline():
            raise WeightsError("HF_HUB_OFFLINE is set")
        done = partial.stat().st_size if partial.exists() else 0
        response = self._open(entry, done)
        with response, partial.open("r+b" if done else "wb") as file:
            if response.status == http.HTTPStatus.OK:  # a server without range requests starts over
                done = 0
            file.truncate(done)
            file.seek(done)
            while done < entry.size_bytes:
                try:
                    chunk = response.read1(min(_CHUNK_BYTES, entry.size_bytes - done))
                except _NETWORK_ERRORS as error:
                    raise WeightsError(f"the connection broke after {done} bytes: {error}") from error
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                on_bytes(done)
        if done < entry.size_bytes:
            raise WeightsError(f"the connection ended after {done} of {entry.size_bytes} bytes")

    def _open(self, entry: ModelEntry, offset: int) -> http.client.HTTPResponse:
        """Ask for the bytes from `offset` on, and check that the answer is about the right file."""
        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or _HUB
        if not endpoint.startswith(("https://", "http://")):
            raise WeightsError(f"HF_ENDPOINT is {endpoint!r}; it must begin with https:// or http://")
        hub = entry.hub
        url = f"{endpoint}/{hub.repository}/resolve/{hub.revision}/{hub.file}"
        headers = {"Range": f"bytes={offset}-", "Accept-Encoding": "identity", "User-Agent": "magicode"}

        def ask() -> http.client.HTTPResponse:
            request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked above
            answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=self.stall_timeout_s)  # noqa: S310
            return answer

        try:
            response = _within(self.answer_timeout_s, ask)
        except TimeoutError as error:
            raise WeightsError(f"no answer within {self.answer_timeout_s:g} s") from error
        except urllib.error.HTTPError as error:
            error.close()
            raise WeightsError(f"HTTP status {error.code}") from error
        except _NETWORK_ERRORS as error:
            raise WeightsError(f"{getattr(error, 'reason', error)}") from error
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            said = response.headers.get("Content-Range", "")
            right = re.fullmatch(rf"bytes {offset}-\d+/{entry.size_bytes}", said) is not None
        else:
            said = response.headers.get("Content-Length", "")
            right = response.status == http.HTTPStatus.OK and said == str(entry.size_bytes)
        if not right:
            response.close()
            raise WeightsError(f"the answer ({said!r}) is not about a file of {entry.size_bytes} bytes")
        return response


def _within(seconds: float, call: Callable[[], _Result]) -> _Result:
    """Return what `call` returns, or raise TimeoutError; name resolution heeds no socket timeout."""
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, in its thread
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)


def snapshot(repository: str, on_progress: OnProgress) -> Path:
    """Return a directory with a hub repository's safetensors model, from Hugging Face's own cache if it is there.

    Raises:
        UnknownModelError: the hub has no such repository, or hides it from this user.
        WeightsError: the hub cannot be reached, or the repository holds no safetensors model.

    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow to import, seldom needed
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415
    from tqdm import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415

    class Bar(tqdm):  # type: ignore[misc]  # the hub counts bytes on bars alone
        """A bar that reports instead of drawing."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options | {"file": io.StringIO()})

        def display(self, *_args: object, **_kwargs: object) -> None:
            if self.unit == "B" and self.total:
                on_progress(Progress("download", int(self.n), int(self.total), repository))

    on_progress(Progress("download", 0, 0, repository))
    try:
        directory = Path(
            snapshot_download(
                repository,
                allow_patterns=list(_SNAPSHOT_FILES),
                ignore_patterns=list(_SNAPSHOT_LEFT_OUT),
                etag_timeout=5,
                tqdm_class=Bar,
            )
        )
    except RepositoryNotFoundError as error:
        raise UnknownModelError(
            f"the hub has no model {repository!r}, or it is private: check the name, or set HF_TOKEN"
        ) from error
    except Exception as error:  # the hub library lets several HTTP libraries' errors through
        raise WeightsError(
            f"cannot fetch {repository!r} from the hub ({type(error).__name__}): "
            "check the connection, or give the path of a directory that holds it"
        ) from error
    if not (directory / "config.json").is_file() or not any(directory.glob("*.safetensors")):
        raise WeightsError(f"{repository!r} holds no safetensors model (config.json and *.safetensors); choose another")
    return directory
