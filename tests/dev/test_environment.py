"""The variables that local processes get, and the Procfile read with them."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.environment import ROOT, complete, for_shells, kept_secrets, port, procfile
from dev.steps import StepFailed


def test_what_is_given_goes_first_and_addresses_follow_the_ports(tmp_path: Path):
    given = {"WEB_PORT": "8300", "SIM_PORT": "8400", "SECRET_KEY": "mine", "ENVIRONMENT": ""}

    made = complete(given, tmp_path, database_url="postgresql://here", redis_url="redis://here")

    assert made["SECRET_KEY"] == "mine"
    assert made["ENVIRONMENT"] == "demo", "an empty value counts as not given"
    assert made["PUBLIC_BASE_URL"] == "http://127.0.0.1:8300"
    assert made["WECHAT_API_BASE"] == "http://127.0.0.1:8400/api.weixin.qq.com"
    assert made["FIELD_KEY"] == kept_secrets(tmp_path / "dev.env")["FIELD_KEY"]


def test_a_folder_with_a_space_in_its_name_stays_one_argument(tmp_path: Path):
    made = complete({}, tmp_path / "my projects", database_url="", redis_url="")

    simulator = next(line for line in procfile(ROOT / "Procfile", made) if line.name == "simulator")

    assert str(tmp_path / "my projects" / "platform") in simulator.command


def test_another_terminal_gets_the_settings_of_the_run_and_its_commands(tmp_path: Path):
    made = complete({"WEB_PORT": "8300"}, tmp_path / "my projects", database_url="postgresql://here/?a=1&b='2'", redis_url="redis://here")
    (tmp_path / "run.env").write_text(for_shells(made))

    told = subprocess.run(
        ["sh", "-c", ". ./run.env && env && command -v flask"], cwd=tmp_path, env={"PATH": "/bin"}, stdout=subprocess.PIPE, text=True
    )

    seen = dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)
    for name in ("DATABASE_URL", "REDIS_URL", "FIELD_KEY", "PUBLIC_BASE_URL", "MEDIA_DIR", "WEB_PORT", "WECHAT_PAY_BASE"):
        assert seen[name] == made[name]
    assert seen["PATH"].endswith(":/bin")
    assert told.stdout.splitlines()[-1] == str(Path(sys.executable).parent / "flask")


@pytest.mark.parametrize("value", ["eight thousand", "0", "65536", "-1"])
def test_a_setting_that_is_no_port_is_named(value: str):
    with pytest.raises(StepFailed, match=f"WEB_PORT={value} is not a port"):
        port({"WEB_PORT": value}, "WEB_PORT")
