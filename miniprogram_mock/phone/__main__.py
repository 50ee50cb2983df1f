"""`python -m miniprogram_mock.phone serve`: a WeChat client in the browser that runs the mini-program's own files."""

import argparse
import logging
import os
import socket
import sys

from aiohttp import web

from miniprogram_mock.phone import server


def main() -> int:
    args = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((args.host, args.port))
    except OSError as error:
        print(f"Port {args.port} on {args.host} cannot be used ({error.strerror}); choose another with --port.", file=sys.stderr)
        return 1
    web.run_app(
        server.create(app=args.app, simulator=args.simulator, domains=tuple(args.domain)),
        sock=listener, access_log=None, shutdown_timeout=2,
        print=lambda *_: print(f"Phone ready on http://{args.host}:{args.port}", flush=True),
    )  # fmt: skip
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m miniprogram_mock.phone", description=__doc__)
    serve = parser.add_subparsers(dest="command", required=True).add_parser("serve", help="run the server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=int(os.environ.get("PHONE_PORT", "8200")))
    serve.add_argument("--app", required=True, help="where the platform answers, e.g. http://127.0.0.1:8000")
    serve.add_argument("--simulator", required=True, help="where the WeChat simulator answers, e.g. http://127.0.0.1:8100")
    serve.add_argument(
        "--domain", action="append", default=[], metavar="URL", help="a further address that leads to the app; may be given again"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
