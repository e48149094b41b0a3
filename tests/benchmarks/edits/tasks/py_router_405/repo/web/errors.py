"""Errors that become responses."""


class HttpError(Exception):
    """An error with the status of the response that it becomes."""

    status = 500


class BadRequest(HttpError):
    """The request makes no sense."""

    status = 400


class NotFound(HttpError):
    """There is nothing at this path."""

    status = 404
