import time

from model.endpoint.discovery import Found, look_for_servers
from tests.fakes.openai_server import OpenAiServer, hangs


def test_servers_are_found_at_their_ports() -> None:
    with OpenAiServer(owned_by="vllm").running() as one, OpenAiServer().running() as two:
        found = look_for_servers((two.port, one.port), deadline_s=5.0)()
        assert found == [Found(two.url, "other", ("big-model",)), Found(one.url, "vLLM", ("big-model",))]


def test_what_is_no_such_server_is_none() -> None:
    with (
        OpenAiServer(listing={"data": 7}).running() as wrong,
        OpenAiServer(get={"/v1/models": lambda x: x.whole(200, "<html>", "text/html")}).running() as page,
        OpenAiServer(listing=[]).running() as listing,
        OpenAiServer().running() as gone,
    ):
        ports = (wrong.port, page.port, listing.port)
    assert look_for_servers((*ports, gone.port), deadline_s=5.0)() == []
    with OpenAiServer(listing={"data": 7}).running() as wrong, OpenAiServer(listing=[]).running() as listing:
        assert look_for_servers((wrong.port, listing.port), deadline_s=5.0)() == []


def test_what_hangs_is_left_behind() -> None:
    with OpenAiServer(get={"/v1/models": hangs(2.0)}).running() as slow, OpenAiServer().running() as quick:
        started = time.monotonic()
        found = look_for_servers((slow.port, quick.port), deadline_s=0.5)()
        assert [each.url for each in found] == [quick.url]
        assert time.monotonic() - started < 1.5
