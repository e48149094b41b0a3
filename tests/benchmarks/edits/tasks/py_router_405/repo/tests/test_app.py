import unittest

from web.app import App
from web.errors import BadRequest
from web.response import Response

app = App()


@app.route("/")
def home():
    return "welcome"


@app.route("/users/<name>", methods=("GET", "PUT"))
def user(name):
    if not name.isalpha():
        raise BadRequest(name)
    return f"user {name}"


@app.route("/users", methods=("POST",))
def create():
    return Response("created", headers={"Location": "/users/new"})


@app.route("/broken")
def broken():
    return 1 / 0


class AppTest(unittest.TestCase):
    def test_found(self):
        self.assertEqual(app.handle("GET", "/"), Response("welcome"))
        self.assertEqual(app.handle("put", "/users/eve/").body, "user eve")
        self.assertEqual(app.handle("POST", "/users").headers, {"Location": "/users/new"})

    def test_not_found(self):
        response = app.handle("GET", "/nowhere")
        self.assertEqual((response.status, response.body), (404, "404 Not Found"))

    def test_method_not_allowed(self):
        response = app.handle("DELETE", "/users/eve")
        self.assertEqual((response.status, response.body), (405, "405 Method Not Allowed"))
        self.assertEqual(response.headers["Allow"], "GET, PUT")

    def test_bad_request(self):
        self.assertEqual(app.handle("GET", "/users/7").status, 400)

    def test_error_in_handler(self):
        self.assertEqual(app.handle("GET", "/broken").status, 500)
