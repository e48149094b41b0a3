import pytest

from model.endpoint.address import Address
from model.errors import EndpointError


@pytest.mark.parametrize(
    ("text", "url", "root"),
    [
        ("http://localhost:8080", "http://localhost:8080/v1", "http://localhost:8080"),
        ("http://localhost:8080/v1/", "http://localhost:8080/v1", "http://localhost:8080"),
        (" https://Example.org/api/v1 ", "https://example.org/api/v1", "https://example.org/api"),
        ("https://example.org/openai", "https://example.org/openai", "https://example.org/openai"),
        ("http://[::1]:11434", "http://[::1]:11434/v1", "http://[::1]:11434"),
    ],
)
def test_addresses(text: str, url: str, root: str) -> None:
    address = Address.parse(text)
    assert (str(address), address.root) == (url, root)


@pytest.mark.parametrize("text", ["", "localhost:8080", "file:///etc/passwd", "http://", "http://[::1", "http://a:b:c"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(EndpointError):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "is_local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://localhost", True),
        ("http://[::1]", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1", False),
        ("https://example.org", False),
    ],
)
def test_which_are_on_this_machine(text: str, *, is_local: bool) -> None:
    assert Address.parse(text).is_local is is_local
