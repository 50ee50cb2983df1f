"""The environment that the local processes run with: secrets made once, addresses that follow from the ports."""

import base64
import os
import re
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dev.steps import StepFailed
from miniprogram_mock.platform import lbs, sms

ROOT = Path(__file__).resolve().parent.parent
PORTS = {"WEB_PORT": 8000, "SIM_PORT": 8100, "PHONE_PORT": 8200, "LIVE_PORT": 8300, "PG_PORT": 55432, "VALKEY_PORT": 56379}
REAL_DATA = Path(os.environ.get("MARQUE_DATA") or ROOT.parent / "shared" / "data")
"""Real listings and dealers, on machines that have them; nobody's to pass on, so no part of the project."""
PROCESSES = {"worker": 2}
"""How many of a Procfile's line run; one unless said here."""


@dataclass(frozen=True)
class Line:
    """One line of the Procfile, its `$NAME`s filled in."""

    name: str
    command: list[str]
    count: int


def port(given: Mapping[str, str], setting: str) -> int:
    """The port that a setting chooses, or its default; StepFailed when it is no port."""
    value = given.get(setting) or str(PORTS[setting])
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise StepFailed(f"{setting}={value} is not a port: give a number from 1 to 65535.")
    return int(value)


def kept_secrets(file: Path) -> dict[str, str]:
    """The secrets of this machine's stack; made at random by the first call, for nobody else to read."""
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "PHONE_PEPPER": secrets.token_urlsafe(32),
            "CLOCK_TOKEN": secrets.token_urlsafe(32),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        write_secret(file, "".join(f"{name}={value}\n" for name, value in made.items()))
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#"))


def write_secret(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    unfinished = file.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(file)


def complete(given: Mapping[str, str], folder: Path, *, database_url: str, redis_url: str) -> dict[str, str]:
    """Every variable that the processes need; what is `given` goes before what we would choose.

    `folder` keeps the secrets and the simulator's state. An empty value counts as not given.
    """
    web, simulator = port(given, "WEB_PORT"), port(given, "SIM_PORT")
    tencent = f"http://127.0.0.1:{simulator}"
    chosen = {
        "ENVIRONMENT": "demo",
        "CLOCK_MOVABLE": "1",
        "WEB_PORT": str(web),
        "SIM_PORT": str(simulator),
        "PHONE_PORT": str(port(given, "PHONE_PORT")),
        "LIVE_PORT": str(port(given, "LIVE_PORT")),
        "LIVE_URL": f"http://127.0.0.1:{port(given, 'LIVE_PORT')}",
        "SIM_DIR": str(folder / "platform"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{web}",
        "WECHAT_API_BASE": f"{tencent}/api.weixin.qq.com",
        "WECHAT_PAY_BASE": f"{tencent}/api.mch.weixin.qq.com",
        "WECOM_API_BASE": f"{tencent}/qyapi.weixin.qq.com",
        "WECHAT_OPEN_BASE": f"{tencent}/open.weixin.qq.com",
        "WECHAT_MP_BASE": f"{tencent}/mp.weixin.qq.com",
        "LBS_BASE": f"{tencent}/apis.map.qq.com",
        "LBS_KEY": lbs.KEY,
        "LBS_SECRET": lbs.SECRET,
        "SMS_BASE": f"{tencent}/sms.tencentcloudapi.com",
        "SMS_APP_ID": sms.APP_ID,
        "SMS_SIGN": sms.SIGN,
        "SMS_SECRET_ID": sms.SECRET_ID,
        "SMS_SECRET_KEY": sms.SECRET_KEY,
        "COOKIE_SECURE": "0",
        # All phones of this machine have one address.
        "LOGINS_PER_MINUTE": "0",
        "SHARES_PER_MINUTE": "0",
        "EVENT_BATCHES_PER_MINUTE": "0",
        # Nobody confirms the demo's stock, and its clock is moved by days: otherwise it would be empty after two weeks.
        "STOCK_CONFIRM_DAYS": "90",
        "MEDIA_DIR": str(folder / "media"),
        "SEARCH_DIR": str(folder / "search"),
        "METRICS_TOKEN": "metrics-of-this-machine",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        "LOG_JSON": "0",
        "PYTHONUNBUFFERED": "1",
    }
    whole = chosen | kept_secrets(folder / "dev.env") | {name: value for name, value in given.items() if value}
    Path(whole["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
    whole["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}"
    return whole


def for_shells(environment: Mapping[str, str]) -> str:
    """The settings among these variables as lines that a shell reads, with our commands first on its PATH."""
    settings = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    lines = [f"export {name}={shlex.quote(environment[name])}\n" for name in settings if name in environment]
    return "".join([*lines, f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n'])


def procfile(file: Path, environment: Mapping[str, str]) -> list[Line]:
    """The processes that a Procfile names, in its order."""
    lines = [line.split(":", 1) for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
    quoted = {name: shlex.quote(value) for name, value in environment.items()}
    return [
        Line(name.strip(), shlex.split(Template(command).substitute(quoted)), PROCESSES.get(name.strip(), 1)) for name, command in lines
    ]


def simulator_init(environment: Mapping[str, str]) -> list[str]:
    """The command that creates the simulated Tencent's accounts and keys, unless they are there."""
    base = environment["PUBLIC_BASE_URL"]
    command = [sys.executable, "-m", "miniprogram_mock.platform", "init", "--dir", environment["SIM_DIR"]]
    command += ["--callback-base", base, "--clock-follower", f"{base}/api/platform/clock/advance"]
    # One word: a token may begin with a dash.
    return [*command, f"--clock-token={environment['CLOCK_TOKEN']}"]
