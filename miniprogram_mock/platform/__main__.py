"""`python -m miniprogram_mock.platform init|serve`: create the world once, run the server on it."""

import argparse
import asyncio
import logging
import socket
import sys
from pathlib import Path

from aiohttp import web

from miniprogram_mock.platform import server, world


def main() -> int:
    args = _arguments()
    if args.command == "init":
        followers = [{"url": url, "token": args.clock_token} for url in args.clock_follower]
        world.init(args.dir, callback_base=args.callback_base, clock_followers=followers)
        print(f"WeChat platform simulator: world and accounts.json are in {args.dir}")
        return 0
    if not (args.dir / "world.json").exists():
        print(
            f"There is no world in {args.dir}: run `python -m miniprogram_mock.platform init --dir {args.dir} --callback-base URL` first.",
            file=sys.stderr,
        )
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        listener = _listener(args.host, args.port)
    except OSError as error:
        print(f"Port {args.port} on {args.host} cannot be used ({error.strerror}); choose another with --port.", file=sys.stderr)
        return 1
    web.run_app(
        server.create(args.dir), sock=listener, access_log=None, shutdown_timeout=2, loop=_event_loop(),
        print=lambda *_: print(f"WeChat platform simulator ready on http://{args.host}:{args.port}", flush=True),
    )  # fmt: skip
    return 0


def _event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed: it answers more calls a second; nothing else differs."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m miniprogram_mock.platform", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="create the world (an existing one keeps its keys)")
    init.add_argument("--dir", type=Path, required=True)
    init.add_argument("--callback-base", required=True, help="where the platform's callbacks go, e.g. http://127.0.0.1:8000")
    init.add_argument(
        "--clock-follower", action="append", default=[], metavar="URL", help="told when the clock is moved; may be given again"
    )
    init.add_argument("--clock-token", default="", help="sent to followers as X-Clock-Token")
    serve = commands.add_parser("serve", help="run the server")
    serve.add_argument("--dir", type=Path, required=True)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8100)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
