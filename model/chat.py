"""The model's chat template, split at what is ours and what is content."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, Self

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from model.errors import WeightsError

# For models that have no template of their own: plain headings, which any model has seen.
_PLAIN_TEMPLATE = (
    "{% for m in messages %}### {{ m.role }}\n{{ m.content }}\n\n{% endfor %}"
    "{% if add_generation_prompt %}### assistant\n{% endif %}"
)
# Stands for a message's content while the template is rendered; private-use characters that no template holds.
_SLOT = "\ue000{}\ue001"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the prompt: the template's own text, or the content of the message at `index`."""

    kind: Literal["frame", "content"]
    text: str
    index: int = -1


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the chat."""

    role: str
    content: str


class ChatTemplate:
    """A Jinja chat template, rendered as `transformers` does, that tells frame from content.

    Content is put in only after rendering. So no content can pose as frame, and each piece is encoded apart:
    the token count of a prompt is exactly the sum of its pieces.
    """

    def __init__(self, source: str | None, special_tokens: dict[str, str]) -> None:
        """Compile a template; `special_tokens` are names such as `bos_token` that templates refer to."""
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = lambda value, **kwargs: json.dumps(value, ensure_ascii=False, **kwargs)
        environment.globals["raise_exception"] = _refuse
        self._special_tokens = special_tokens
        try:
            self._template = environment.from_string(source or _PLAIN_TEMPLATE)
        except jinja2.TemplateError as error:
            raise WeightsError(f"the model's chat template is broken: {error}") from error

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Read the template of a model directory: `chat_template.jinja`, else that of `tokenizer_config.json`.

        Raises:
            WeightsError: a file is damaged.

        """
        config_path, path = directory / "tokenizer_config.json", directory / "chat_template.jinja"
        try:
            config: dict[str, Any] = {}
            if config_path.is_file():
                config = json.loads(config_path.read_text(encoding="utf-8"))
            source = path.read_text(encoding="utf-8") if path.is_file() else config.get("chat_template")
            if isinstance(source, list):  # several named templates
                source = next((each["template"] for each in source if each["name"] == "default"), None)
            tokens = {
                name: value["content"] if isinstance(value, dict) else value
                for name in ("bos_token", "eos_token", "unk_token", "pad_token")
                if (value := config.get(name))
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"the chat template in {directory} cannot be read: {error}") from error
        return cls(source, tokens)

    def pieces(self, messages: Sequence[Message]) -> list[Piece]:
        """Return the prompt as pieces, up to where the assistant begins to write.

        A template that has no system role gets the system text at the head of the first user message.

        Raises:
            WeightsError: the template refuses the messages, leaves one out or writes one twice.

        """
        try:
            return self._render(messages)
        except WeightsError:
            if len(messages) < 2 or messages[0].role != "system":
                raise
            # A second content piece in one message: the two slots stand side by side.
            return self._render(messages, merge_system=True)

    def _render(self, messages: Sequence[Message], *, merge_system: bool = False) -> list[Piece]:
        shown = [{"role": m.role, "content": _SLOT.format(i)} for i, m in enumerate(messages)]
        if merge_system:
            shown[1]["content"] = shown[0]["content"] + "\n\n" + shown[1]["content"]
            del shown[0]
        try:
            rest = self._template.render(messages=shown, add_generation_prompt=True, **self._special_tokens)
        except Exception as error:  # a template is a program: it can fail in any way
            raise WeightsError(f"the model's chat template refuses this chat: {error}") from error
        pieces: list[Piece] = []
        for index, message in enumerate(messages):
            before, slot, rest = rest.partition(_SLOT.format(index))
            if not slot:
                raise WeightsError(f"the model's chat template leaves out the {message.role} message")
            pieces += [Piece("frame", before), Piece("content", message.content, index)]
        frame = "".join(piece.text for piece in pieces if piece.kind == "frame") + rest
        if twice := next((m for i, m in enumerate(messages) if _SLOT.format(i) in frame), None):
            raise WeightsError(f"the model's chat template writes the {twice.role} message twice")
        return [*pieces, Piece("frame", rest)]


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
