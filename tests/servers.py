"""A site on loopback for the tests of what is fetched."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORY = "Two battalions left Agadez for the north on Friday, and a third will follow next week, the governor said. "
PAGE = f"<!DOCTYPE html><html lang='en'><title>On the move</title><body><article><p>{STORY * 3}</p></article></html>"


class Site(ThreadingHTTPServer):
    """A server on loopback that answers as ``pages`` says: path to (status, headers, body or function)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.asked = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def add(self, path, body=PAGE, status=200, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, {"Content-Type": "text/html; charset=utf-8", **named}, body)
        return self.address + path

    def handle_error(self, request, client_address):
        """Clients hang up on purpose here."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.pages.get(self.path, (404, {}, ""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if callable(body):
            body(self.wfile)
        else:
            self.wfile.write(body if isinstance(body, bytes) else body.encode())

    def log_message(self, *arguments):
        """Say nothing."""


def serve(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    return thread
