"""The WeChat platform simulator for tests: a process of its own on a free port, with a world in a temporary folder."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from dev.ports import free_port
from dev.testing import wait_until
from miniprogram_mock.platform import lbs, sms, world

READY_SECONDS = 120


class Simulator:
    """A running simulator. `base` is its address, `accounts` what an operator would copy out of Tencent's consoles."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.base = f"http://127.0.0.1:{port}"
        self.accounts: dict[str, Any] = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that lead the platform here instead of to Tencent."""
        return {
            "WECHAT_API_BASE": f"{self.base}/api.weixin.qq.com",
            "WECHAT_PAY_BASE": f"{self.base}/api.mch.weixin.qq.com",
            "WECOM_API_BASE": f"{self.base}/qyapi.weixin.qq.com",
            "WECHAT_OPEN_BASE": f"{self.base}/open.weixin.qq.com",
            "WECHAT_MP_BASE": f"{self.base}/mp.weixin.qq.com",
            "LBS_BASE": f"{self.base}/apis.map.qq.com",
            "LBS_KEY": lbs.KEY,
            "LBS_SECRET": lbs.SECRET,
            "SMS_BASE": f"{self.base}/sms.tencentcloudapi.com",
            "SMS_APP_ID": sms.APP_ID,
            "SMS_SIGN": sms.SIGN,
            "SMS_SECRET_ID": sms.SECRET_ID,
            "SMS_SECRET_KEY": sms.SECRET_KEY,
        }

    def account(self, kind: str) -> dict[str, Any]:
        """The credentials of the world's account of a kind."""
        return next(entry for entry in self.accounts["accounts"] if entry["kind"] == kind)

    def ask(self, path: str, /, **body: Any) -> Any:
        """POST to the simulator's own interface, `/_sim/…`."""
        answer = requests.post(f"{self.base}/_sim/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def look(self, path: str, /, **params: Any) -> Any:
        """GET from the simulator's own interface."""
        answer = requests.get(f"{self.base}/_sim/{path}", params=params, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def start(self) -> None:
        """Start it, or start it again: there is never more than one."""
        self.kill()
        command = [sys.executable, "-m", "miniprogram_mock.platform", "serve", "--dir", str(self.folder), "--port", str(self._port)]
        with (self.folder / "simulator.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._healthy, READY_SECONDS)

    def kill(self) -> None:
        """kill -9: what it had answered stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _healthy(self) -> bool:
        try:
            return requests.get(f"{self.base}/_sim/health", timeout=1).ok
        except requests.RequestException:
            return False


def set_up(folder: Path, callback_base: str, *, clock_followers: Sequence[dict[str, str]] = ()) -> None:
    """A world in a folder, as `init` makes it; all worlds of a test process have the same keys, which take seconds to make."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "world.json").write_bytes(_world())
    world.init(folder, callback_base=callback_base, clock_followers=list(clock_followers))


@functools.cache
def _world() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        world.init(Path(folder), callback_base="http://127.0.0.1:9", clock_followers=[])
        return (Path(folder) / "world.json").read_bytes()


@contextmanager
def running(folder: Path, callback_base: str, *, port: int | None = None) -> Iterator[Simulator]:
    """A simulator whose callbacks go to `callback_base`."""
    set_up(folder, callback_base)
    simulator = Simulator(folder, port or free_port())
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.kill()
