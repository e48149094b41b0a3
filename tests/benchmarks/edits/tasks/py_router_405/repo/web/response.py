"""Responses."""

from dataclasses import dataclass, field

REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    500: "Internal Server Error",
}


@dataclass
class Response:
    """What goes back to the client."""

    body: str = ""
    status: int = 200
    headers: dict = field(default_factory=dict)


def error_response(status):
    """Return the response for an error."""
    return Response(f"{status} {REASONS[status]}", status, {"Content-Type": "text/plain"})
