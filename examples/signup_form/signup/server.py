"""Serve the form on http://127.0.0.1:8000."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

from signup.form import check_email, check_password, render_form


class SignUpHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_page(render_form())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        email, password = fields.get("email", ""), fields.get("password", "")
        wrong = check_email(email) or check_password(password)
        self.send_page(render_form(email, password) if wrong else "<p>Welcome!</p>")

    def send_page(self, html):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(html.encode())


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 8000), SignUpHandler).serve_forever()
