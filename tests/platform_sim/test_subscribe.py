"""What people answer to the subscribe dialog: kept, counted, pushed as WeChat pushes it; and which pages a mini-program has."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from miniprogram_mock.platform.world import MINI_PROGRAM
from tests.platform_sim.support import Simulator, wait_until


def templates(sim: Simulator) -> dict[str, str]:
    """Template id by moment, as the operator has them."""
    return {one["moment"]: one["template_id"] for one in sim.mini["subscribe_templates"]}


def answer(sim: Simulator, user: dict[str, Any], *answers: tuple[str, str], **changed: Any) -> Any:
    told = [{"template_id": template_id, "answer": given} for template_id, given in answers]
    body = {"appid": sim.mini["appid"], "answers": told} | changed
    return sim.http.post(f"{sim.base}/_sim/users/{user['id']}/subscribe", json=body, timeout=60)


def pushed(sim: Simulator, user: dict[str, Any]) -> list[dict[str, Any]]:
    openid = user["openids"][sim.mini["appid"]]
    return [event for event in sim.events(sim.mini, "subscribe_msg_popup_event") if event["FromUserName"] == openid]


def test_the_operator_gets_a_template_for_each_moment_with_its_title(sim: Simulator) -> None:
    assert set(templates(sim)) == {"deposit_paid", "appointment"}
    assert all(one["title"] and len(one["template_id"]) == 43 for one in sim.mini["subscribe_templates"])


def test_each_accept_is_good_for_one_more_message_and_a_refusal_takes_none_away(sim: Simulator) -> None:
    user, (paid, appointment) = sim.user(), templates(sim).values()
    assert user["subscriptions"] == []
    for given in ("accept", "accept", "reject"):
        assert answer(sim, user, (paid, given)).status_code == 200
    answer(sim, user, (appointment, "ban"))
    kept = sim.get(f"users/{user['id']}")["subscriptions"]
    told = [(one["appid"], one["template_id"], one["answer"], one["credits"]) for one in kept]
    appid = sim.mini["appid"]
    assert sorted(told) == sorted([(appid, paid, "reject", 2), (appid, appointment, "ban", 0)])
    assert sim.get(f"users/{sim.user()['id']}")["subscriptions"] == []


def test_what_she_was_shown_is_pushed_in_the_form_of_wechat(sim: Simulator) -> None:
    user, (paid, appointment) = sim.user(), templates(sim).values()
    answer(sim, user, (paid, "accept"), (appointment, "reject"))
    (event,) = wait_until(lambda: pushed(sim, user), what="the popup is told of")
    assert event["_to"] == event["ToUserName"]
    assert event["MsgType"] == "event"
    assert event["SubscribeMsgPopupEvent"]["List"] == [
        {"TemplateId": paid, "SubscribeStatusString": "accept", "PopupScene": "0"},
        {"TemplateId": appointment, "SubscribeStatusString": "reject", "PopupScene": "0"},
    ]


def test_a_template_that_was_never_shown_is_not_told_of(sim: Simulator) -> None:
    user, (paid, appointment) = sim.user(), templates(sim).values()
    answer(sim, user, (appointment, "filter"))
    answer(sim, user, (appointment, "ban"), (paid, "accept"))
    (event,) = wait_until(lambda: pushed(sim, user), what="the popup is told of")
    assert event["SubscribeMsgPopupEvent"]["List"]["TemplateId"] == paid


@pytest.mark.parametrize(
    "answers",
    [[], [("unknown", "accept")], [("PAID", "perhaps")], [("PAID", "accept"), ("PAID", "reject")], [("PAID", "")]],
)
def test_an_answer_that_no_dialog_can_give_is_refused_and_counts_nothing(sim: Simulator, answers: list[tuple[str, str]]) -> None:
    user = sim.user()
    told = [(templates(sim)["deposit_paid"] if one == "PAID" else one, given) for one, given in answers]
    assert answer(sim, user, *told).status_code == 422
    assert sim.get(f"users/{user['id']}")["subscriptions"] == []


def test_only_a_mini_program_asks(sim: Simulator) -> None:
    assert answer(sim, sim.user(), (templates(sim)["deposit_paid"], "accept"), appid=sim.service["appid"]).status_code == 422


def test_a_world_of_an_earlier_version_gets_its_templates_once(tmp_path: Path) -> None:
    init = [sys.executable, "-m", "miniprogram_mock.platform", "init", "--dir", str(tmp_path), "--callback-base", "http://127.0.0.1:8000"]
    subprocess.run(init, check=True, capture_output=True, timeout=60)
    world = json.loads((tmp_path / "world.json").read_text())
    del world["mini_programs"][0]["subscribe_templates"]
    world["mini_programs"][0]["pages"] = ["pages/old/index"]
    (tmp_path / "world.json").write_text(json.dumps(world))
    given = []
    for _ in range(2):
        subprocess.run(init, check=True, capture_output=True, timeout=60)
        given.append(json.loads((tmp_path / "accounts.json").read_text())["accounts"][0]["subscribe_templates"])
    assert given[0] == given[1]
    assert len(given[0]) == 2


def test_the_pages_of_the_world_are_those_of_the_sources(sim: Simulator) -> None:
    (mini,) = [one for one in sim.get("world")["accounts"] if one["kind"] == "MiniProgram"]
    listed = json.loads((MINI_PROGRAM / "app.json").read_text(encoding="utf-8"))
    assert set(listed["pages"]) < set(mini["pages"])
    assert [page for page in mini["pages"] if not (MINI_PROGRAM / f"{page}.wxml").exists()] == []
