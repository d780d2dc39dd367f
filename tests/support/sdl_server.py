"""A running subgraph that says what its SDL is and answers nothing else."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SdlServer(ThreadingHTTPServer):
    """Its `sdl` may change while it runs."""

    sdl = "type Query { hello: String }"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/graphql"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, SdlServer)
        body = json.dumps({"data": {"_service": {"sdl": self.server.sdl}}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def sdl_server() -> Iterator[SdlServer]:
    with SdlServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
