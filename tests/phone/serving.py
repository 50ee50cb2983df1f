"""A phone's server for a mini-program of a test's own, in a thread: in the test's thread the browser's driver has its loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from dev.ports import free_port
from miniprogram_mock.phone import server


@contextmanager
def phone_for(program: Path, *, simulator: str, app: str = "http://127.0.0.1:9", web_folder: Path = server.WEB) -> Iterator[str]:
    """The address of a phone that runs this mini-program; without `app` no platform answers it."""
    port, loop = free_port(), asyncio.new_event_loop()
    application = server.create(app=app, simulator=simulator, web_folder=web_folder, mini_program=program)
    runner = web.AppRunner(application, shutdown_timeout=1)

    async def serve() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    yield f"http://127.0.0.1:{port}"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
