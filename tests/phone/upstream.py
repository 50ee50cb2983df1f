"""A server behind the phone that keeps what reaches it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Upstream:
    """Stands for the platform and for the simulator. `answer` is what the next requests get: status, headers, body in pieces."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answer: tuple[int, dict[str, str], list[bytes]] = (200, {}, [b"ok"])
        self.go_on = threading.Event()
        self.breaks_off = False
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))) if "Content-Length" in self.headers else self._chunks()
                upstream.received.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body})
                status, headers, pieces = upstream.answer
                self.send_response(status)
                for name, value in {**headers, "Transfer-Encoding": "chunked", "Connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                for number, piece in enumerate(pieces):
                    if number:
                        upstream.go_on.wait(10)
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if not upstream.breaks_off:
                    self.wfile.write(b"0\r\n\r\n")

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = any

            def _chunks(self) -> bytes:
                whole = b""
                while self.headers.get("Transfer-Encoding") == "chunked" and (size := int(self.rfile.readline(), 16)):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                return whole

            def log_message(self, *_: Any) -> None:
                """Keep the test output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
