"""An administrator sees what failed and rings for it again, how the accounts are, and who did what; nobody else looks."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import rq
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role
from app.kit import clock, queue
from app.kit.db import new_id
from app.kit.states import Transition
from app.messaging.models import SenderStop
from app.wechat.models import AccountKind, WechatAccount, WechatCallback
from tests.factories import dealers as make
from tests.factories import wechat as make_wechat

OPERATIONS = "/api/staff/operations/"


def signed_in(app: Any, session: Session, staff: Any) -> Any:
    session.commit()
    client = app.test_client()
    assert client.post("/api/public/staff/login", json={"username": staff.username, "password": make.PASSWORD}).status_code == 200
    return client


@pytest.fixture
def brand(session: Session) -> Brand:
    return make.brand(session)


@pytest.fixture
def admin(app: Any, session: Session, brand: Brand) -> Any:
    return signed_in(app, session, make.staff(session, brand, Role.admin))


@pytest.mark.real_queue
def test_a_failed_run_tells_its_kind_and_not_its_words_and_is_rung_for_again_once(admin: Any) -> None:
    wanted = queue.jobs()["vehicles.take_over_feed"]
    line = rq.Queue(queue.queue_name(wanted.queue), connection=queue.connection())
    line.delete(delete_jobs=True)
    job = line.enqueue_call(queue.run, args=(wanted.name, {"13800138000": "no such argument"}), failure_ttl=3600)
    rq.SimpleWorker([line], connection=queue.connection()).work(burst=True)

    told = admin.get(f"{OPERATIONS}queues").json
    (seen,) = told["failed"]
    assert (seen["id"], seen["name"], seen["error"].split(".")[-1]) == (job.id, wanted.name, "TypeError")
    assert {one["queue"]: one["failed"] for one in told["queues"]}[wanted.queue] == 1

    assert admin.post(f"{OPERATIONS}failed/{job.id}/retry", json={}).status_code == 204
    told = admin.get(f"{OPERATIONS}queues").json
    assert (told["failed"], {one["queue"]: one["waiting"] for one in told["queues"]}[wanted.queue]) == ([], 1)
    assert admin.post(f"{OPERATIONS}failed/{job.id}/retry", json={}).json["error"] == "console.run_unknown"
    line.delete(delete_jobs=True)


def test_an_account_tells_when_its_callbacks_are_not_believed(admin: Any, session: Session, brand: Brand) -> None:
    account = make_wechat.account(session, brand, AccountKind.service_account, name="极曜服务号")
    at = clock.wall(session)
    for moment, reason in ((at - timedelta(hours=1), "signature"), (at - timedelta(days=2), "long ago")):
        session.add(refused(account, moment, reason))
    session.commit()
    (seen,) = [one for one in admin.get(f"{OPERATIONS}accounts").json["items"] if one["id"] == str(account.id)]
    assert (seen["refused"], seen["refused_for"], seen["waiting"], seen["heard_at"]) == (1, "signature", 0, None)
    assert "secret" not in str(seen)


def test_an_account_tells_of_every_channel_that_stopped_itself(admin: Any, session: Session, brand: Brand) -> None:
    account = make_wechat.account(session, brand, AccountKind.service_account)
    at = clock.now(session)
    for channel, stopped_at in (("service_template", at), ("group_send", at), ("customer_service", None)):
        about = {"channel": channel, "appid": account.appid, "brand_id": brand.id, "window_began_at": at}
        session.add(SenderStop(**about, stopped_at=stopped_at, answers=60, errors=40))
    session.commit()
    (seen,) = admin.get(f"{OPERATIONS}accounts").json["items"]
    assert {one["channel_label"] for one in seen["stopped"]} == {"服务号模板消息", "服务号群发"}


def refused(account: WechatAccount, at: Any, reason: str) -> WechatCallback:
    about = {"account_id": account.id, "brand_id": account.brand_id, "kind": "event", "digest": uuid.uuid4().hex, "raw": {}}
    return WechatCallback(**about, state="refused", arrived_at=at, reason=reason)


def test_the_log_says_who_of_the_staff_moved_what_and_leaves_machines_and_other_brands_out(
    admin: Any, session: Session, brand: Brand
) -> None:
    zheng, other_brand = make.staff(session, brand, Role.admin, name="郑总"), make.brand(session)
    order_id = new_id()

    def move(of: Brand, actor: tuple[str, str | None], request_id: str) -> None:
        occasion = {"reason": None, "cause": "POST /x", "request_id": request_id}
        about = {"subject_type": "orders", "subject_id": order_id, "before": "paid", "after": "confirmed"}
        session.add(Transition(brand_id=of.id, actor_type=actor[0], actor_id=actor[1], **about, **occasion))
        session.flush()

    move(brand, ("staff", str(zheng.id)), "r1")
    move(brand, ("staff", str(zheng.id)), "r2")
    move(brand, ("system", None), "r3")
    move(other_brand, ("staff", str(make.staff(session, other_brand, Role.admin).id)), "r4")
    session.commit()
    log = f"{OPERATIONS}audit"
    first = admin.get(f"{log}?limit=1").json
    assert [(one["request_id"], one["actor"]["name"], one["subject_id"]) for one in first["items"]] == [("r2", "郑总", str(order_id))]
    assert [one["request_id"] for one in admin.get(f"{log}?limit=1&cursor={first['next_cursor']}").json["items"]] == ["r1"]
    assert [one["request_id"] for one in admin.get(f"{log}?request_id=r1&actor_id={zheng.id}&subject=orders").json["items"]] == ["r1"]
    assert admin.get(f"{log}?subject=leads").json["items"] == []
    tomorrow = (clock.now(session) + timedelta(days=2)).date()
    assert admin.get(f"{log}?since={tomorrow}").json["items"] == []
    assert len(admin.get(f"{log}?since={tomorrow - timedelta(days=4)}&until={tomorrow}").json["items"]) == 2
    assert "since" in str(admin.get(f"{log}?since=yesterday").json["details"])


@pytest.mark.parametrize("role", [Role.marketer, Role.finance])
def test_headquarters_without_the_right_look_behind_nothing(app: Any, session: Session, brand: Brand, role: Role) -> None:
    client = signed_in(app, session, make.staff(session, brand, role))
    for door in ("queues", "accounts", "audit"):
        assert client.get(f"{OPERATIONS}{door}").json["error"] == "console.administrators_only"
    assert client.post(f"{OPERATIONS}failed/x/retry", json={}).status_code == 403
