"""Where a server is: a URL without secrets, as users write it."""

import ipaddress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from model.errors import EndpointError

_API = "/v1"


@dataclass(frozen=True, slots=True)
class Address:
    """The URL that `/chat/completions` is put behind, such as `http://127.0.0.1:8080/v1`; no slash ends it."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a user wrote; one that names no path gets `/v1`.

        Raises:
            EndpointError: it is no URL for HTTP, or it has a password, a query or a fragment.

        """
        example = "write it as http://127.0.0.1:8080/v1"
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError as error:
            raise EndpointError(f"the base URL cannot be read ({error}); {example}") from error
        if parts.username is not None or parts.password is not None:  # never quoted: it would be in every log
            raise EndpointError("the base URL holds a user name or key; put the key into MAGICODE_API_KEY instead")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise EndpointError(f"the base URL {text.strip()!r:.200} is none for HTTP; {example}")
        if parts.query or parts.fragment:
            raise EndpointError(f"the base URL may have no '?' and no '#'; {example}")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        place = host if port is None else f"{host}:{port}"
        return cls(f"{parts.scheme}://{place}{parts.path.rstrip('/') or _API}")

    @property
    def root(self) -> str:
        """The URL that a server's own paths, such as `/props`, are put behind."""
        return self.url.removesuffix(_API)

    @property
    def is_local(self) -> bool:
        """Whether it leads to this machine itself."""
        host = urlsplit(self.url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return self.url
