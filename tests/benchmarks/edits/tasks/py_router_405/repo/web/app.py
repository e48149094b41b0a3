"""The application: routes in, responses out."""

from web.errors import HttpError
from web.response import Response, error_response
from web.router import Router


class App:
    """Handlers for paths and methods."""

    def __init__(self):
        self._router = Router()

    def route(self, pattern, methods=("GET",)):
        """Return a decorator that makes a function the handler of a pattern."""

        def decorate(handler):
            for method in methods:
                self._router.add(method, pattern, handler)
            return handler

        return decorate

    def handle(self, method, path):
        """Return the response to a request."""
        try:
            handler, arguments = self._router.find(method, path)
            result = handler(**arguments)
        except HttpError as error:
            return error_response(error.status)
        except Exception:
            return error_response(500)
        return result if isinstance(result, Response) else Response(result)
