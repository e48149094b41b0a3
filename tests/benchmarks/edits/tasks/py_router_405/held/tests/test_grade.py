import unittest

from web.app import App
from web.errors import BadRequest, NotFound
from web.response import Response


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.app = App()
        self.app.route("/")(lambda: "home")
        self.app.route("/items", methods=("POST", "GET"))(lambda: "items")
        self.app.route("/items/<key>", methods=("PUT", "GET"))(lambda key: f"item {key}")
        self.app.route("/items/all", methods=("DELETE",))(lambda: "all gone")
        self.app.route("/lower", methods=("patch",))(lambda: "patched")

    def refused(self, method, path, allow):
        response = self.app.handle(method, path)
        self.assertEqual(response.status, 405)
        self.assertIn("Method Not Allowed", response.body)
        self.assertEqual(response.headers["Allow"], allow)
        self.assertEqual(response.headers["Content-Type"], "text/plain")

    def test_one_method(self):
        self.refused("POST", "/", "GET")

    def test_sorted(self):
        self.refused("DELETE", "/items", "GET, POST")

    def test_arguments(self):
        self.refused("DELETE", "/items/7", "GET, PUT")
        self.refused("post", "/items/7/", "GET, PUT")

    def test_several_patterns(self):
        self.refused("POST", "/items/all", "DELETE, GET, PUT")

    def test_same_method_twice(self):
        self.app.route("/items/<other>")(lambda other: "again")
        self.refused("DELETE", "/items/7", "GET, PUT")

    def test_lower_case(self):
        self.refused("GET", "/lower", "PATCH")
        self.assertEqual(self.app.handle("PATCH", "/lower").body, "patched")

    def test_not_found(self):
        for method, path in [("GET", "/nowhere"), ("POST", "/items/1/2"), ("DELETE", "/item")]:
            with self.subTest(path=path):
                response = self.app.handle(method, path)
                self.assertEqual((response.status, response.body), (404, "404 Not Found"))
                self.assertNotIn("Allow", response.headers)

    def test_found(self):
        self.assertEqual(self.app.handle("GET", "/items"), Response("items"))
        self.assertEqual(self.app.handle("GET", "/items/all").body, "item all")
        self.assertEqual(self.app.handle("DELETE", "/items/all").body, "all gone")

    def test_other_errors(self):
        def fail(error):
            raise error

        self.app.route("/missing")(lambda: fail(NotFound("x")))
        self.app.route("/bad")(lambda: fail(BadRequest("x")))
        self.app.route("/broken")(lambda: fail(KeyError("x")))
        for path, status in [("/missing", 404), ("/bad", 400), ("/broken", 500)]:
            with self.subTest(path=path):
                response = self.app.handle("GET", path)
                self.assertEqual(response.status, status)
                self.assertNotIn("Allow", response.headers)
