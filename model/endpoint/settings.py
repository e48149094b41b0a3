"""How a server is spoken to."""

import re
from dataclasses import dataclass, field

from model.endpoint.address import Address
from model.errors import EndpointError

ASK_S = 30.0
FIRST_TOKEN_S = 600.0
CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until a connection stands, a question about the server is answered, the first token comes, another one.

    The first token takes as long as the server needs to read the prompt, which on a plain processor is minutes.
    """

    connect_s: float = 10.0
    ask_s: float = ASK_S
    first_token_s: float = FIRST_TOKEN_S
    next_token_s: float = FIRST_TOKEN_S / 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server, and the terms on which it is asked. `key` is sent as a bearer token and shown nowhere.

    `context_limit` are the tokens that a prompt and its answer may have, None for what the server says.
    """

    address: Address
    key: str | None = field(default=None, repr=False)
    context_limit: int | None = None
    n_connections: int = CONNECTIONS
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        """Refuse a key that no header can hold: the error further down would quote it.

        Raises:
            EndpointError: it has blanks, control characters or others than ASCII's.

        """
        if self.key is not None and not re.fullmatch(r"[!-~]+", self.key):
            raise EndpointError("MAGICODE_API_KEY holds characters that no key has; is it cut or quoted wrongly?")
