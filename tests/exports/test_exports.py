"""Whoever asks for a list as a file gets all of it once, whatever happens to the worker, and nobody else gets anything of it."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from apiflask import Schema
from apiflask.fields import Integer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.exports import lists, service
from app.exports.lists import Column, Offer, Page
from app.exports.models import Export, ExportDownload, ExportPart
from app.identity import service as people
from app.identity.models import Customer
from app.kit import db, phone
from app.kit.errors import Forbidden, Invalid
from app.kit.settings import settings
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity

DOORS = "/api/staff/exports"


class Killed(BaseException):
    """kill -9 as far as one process can have it: nothing of ours runs after it."""


class AskedIn(Schema):
    least = Integer(load_default=0)


def _may(session: Session, staff: Staff, asked: dict[str, Any]) -> str:
    if staff.role not in (Role.admin, Role.marketer):
        raise Forbidden
    return "全部客户"


def _page(session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
    wanted = select(Customer).where(Customer.brand_id == staff.brand_id, Customer.erased_at.is_(None)).order_by(Customer.id)
    if cursor:
        wanted = wanted.where(Customer.id > uuid.UUID(cursor))
    found = session.execute(wanted.limit(limit)).scalars().all()
    rows = [(one.nickname, one.phone, one.created_at) for one in found]
    return Page(rows, cursor=str(found[-1].id) if len(found) == limit else None, about={one.id for one in found})


@pytest.fixture
def everybody(app: Any, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """A list of all customers, written two by two."""
    made = Offer("journeys.people", AskedIn, _may, [Column("昵称"), Column("手机号", phone.mask), Column("时间")], _page, lambda *_: 5)
    monkeypatch.setitem(lists._offers, made.key, made)
    monkeypatch.setattr(service, "PART", 2)
    return made


@pytest.fixture
def marketer(session: Session, brand: Brand) -> Staff:
    made = crowd(session, make_dealers.staff(session, brand, Role.marketer))
    session.commit()
    return made


def crowd(session: Session, staff: Staff) -> Staff:
    for number in range(5):
        make_identity.customer(session, staff.brand, nickname=f"客户{number}", phone=f"+861380000000{number}")
    return staff


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


def asked(session: Session, staff: Staff, **more: Any) -> Export:
    export = service.ask(session, staff, "journeys.people", more)
    session.commit()
    return export


def rows(export: Export) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(service.parts(export)).decode("utf-8-sig"))))


def signed_in(app: Any, session: Session, staff: Staff) -> Callable[..., Any]:
    session.commit()
    client = app.test_client()
    assert client.post("/api/public/staff/login", json={"username": staff.username, "password": make_dealers.PASSWORD}).status_code == 200

    def ask(method: str, path: str, body: Any = None) -> Any:
        return client.open(f"{DOORS}{path}", method=method, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})

    return ask


def again(session: Session, export: Export) -> Export:
    session.expire_all()
    return session.get_one(Export, export.id)


def test_who_asks_for_a_list_sees_how_far_it_is_and_fetches_all_of_it(
    app: Any, session: Session, everybody: Offer, marketer: Staff, rings: list[Any]
) -> None:
    ask = signed_in(app, session, marketer)
    made = ask("POST", "/", {"list": "journeys.people", "asked": {"least": 1}}).json
    assert (made["status_label"], made["progress"], rings[-1]) == ("排队中", None, ("exports.write", {"export_id": made["id"]}))
    assert ask("GET", f"/{made['id']}/file").json["error"] == "exports.not_there"
    service._write_part(uuid.UUID(made["id"]))
    assert ask("GET", f"/{made['id']}").json["progress"] == 40
    service.write(uuid.UUID(made["id"]))
    shown = ask("GET", "/").json["items"][0]
    assert (shown["name"], shown["list_label"], shown["progress"], shown["rows"]) == ("全部客户", "旅程中的客户", 100, 5)
    answer = ask("GET", f"/{made['id']}/file")
    assert answer.data.startswith("\ufeff昵称,手机号,时间\r\n".encode())
    assert len(answer.data) == shown["bytes"] == int(answer.headers["Content-Length"])
    told = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [one[0] for one in told] == ["昵称", *(f"客户{number}" for number in range(5))]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told[1][2])
    assert session.execute(select(func.count()).select_from(ExportDownload)).scalar_one() == 1


def test_only_an_administrator_reads_the_numbers_of_people(session: Session, everybody: Offer, marketer: Staff) -> None:
    for staff, told in ((marketer, "138****0000"), (make_dealers.staff(session, marketer.brand, Role.admin), "+8613800000000")):
        export = asked(session, staff)
        service.write(export.id)
        assert rows(again(session, export))[1][1].lstrip("'") == told


def test_nothing_of_a_list_lies_open_in_the_database(session: Session, everybody: Offer, marketer: Staff) -> None:
    service.write(asked(session, marketer).id)
    kept = b"".join(session.execute(select(ExportPart.sealed)).scalars())
    assert "客户".encode() not in kept


def test_a_file_is_for_whoever_asked_for_it_alone(app: Any, session: Session, everybody: Offer, marketer: Staff) -> None:
    export = asked(session, marketer)
    service.write(export.id)
    other = signed_in(app, session, make_dealers.staff(session, marketer.brand, Role.admin))
    adviser = signed_in(app, session, make_dealers.staff(session, make_dealers.dealer(session, marketer.brand)))
    for method, path in (("GET", ""), ("GET", "/file"), ("POST", "/cancel")):
        for stranger in (other, adviser):
            assert stranger(method, f"/{export.id}{path}").json["error"] == "exports.unknown"
    assert other("GET", "/").json["items"] == []


def test_whoever_may_not_have_a_list_any_more_gets_no_file_of_it(app: Any, session: Session, everybody: Offer, marketer: Staff) -> None:
    done, begun = asked(session, marketer), asked(session, marketer, least=1)
    service.write(done.id)
    service._write_part(begun.id)
    ask = signed_in(app, session, marketer)
    marketer.role = Role.finance
    session.commit()
    service.write(begun.id)
    assert ask("GET", f"/{done.id}/file").status_code == 403
    told = ask("GET", f"/{begun.id}").json
    assert (told["status_label"], told["error"]) == ("未能生成", "auth.forbidden")
    assert session.execute(select(ExportPart).filter_by(export_id=begun.id)).all() == []


def test_a_worker_that_dies_is_followed_by_another_who_writes_no_line_twice(
    session: Session, everybody: Offer, marketer: Staff, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    export = asked(session, marketer)

    def dies(session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
        if cursor:
            raise Killed
        return _page(session, staff, asked, cursor=cursor, limit=limit)

    with monkeypatch.context() as patched:
        patched.setitem(lists._offers, everybody.key, replace(everybody, page=dies))
        with pytest.raises(Killed):
            service.write(export.id)
    service.write_due()
    assert again(session, export).status == "running", "somebody may be at work"
    later(minutes=3)
    service.write_due()
    assert again(session, export).status == "done"
    assert [one[0] for one in rows(export)] == ["昵称", *(f"客户{number}" for number in range(5))]


def test_two_workers_at_one_file_write_each_line_once(
    committed: Callable[[], Any], everybody: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PART", 1)
    with committed() as session:
        staff = crowd(session, make_dealers.staff(session, make_dealers.brand(session), Role.marketer))
        export = service.ask(session, staff, "journeys.people", {})
    with ThreadPoolExecutor(3) as workers:
        list(workers.map(service.write, [export.id] * 3))
    service.write(export.id)
    with db.transaction() as session:
        found = session.get_one(Export, export.id)
        assert (found.status, found.rows) == ("done", 5)
    assert [one[0] for one in rows(found)] == ["昵称", *(f"客户{number}" for number in range(5))]


def test_a_list_that_fails_again_and_again_is_given_up_with_a_word(
    app: Any, session: Session, everybody: Offer, marketer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Page:
        raise ValueError("no such column")

    monkeypatch.setitem(lists._offers, everybody.key, replace(everybody, page=breaks))
    export = asked(session, marketer)
    for _ in range(service.MOST_TRIES):
        with pytest.raises(ValueError):
            service.write(export.id)
    service.write(export.id)
    told = signed_in(app, session, marketer)("GET", f"/{export.id}").json
    assert (told["status"], told["error_label"]) == ("refused", "系统开小差了，请稍后再试；若一直如此，请把编号告诉我们")


def test_what_is_stopped_leaves_nothing_behind(app: Any, session: Session, everybody: Offer, marketer: Staff) -> None:
    export = asked(session, marketer)
    service._write_part(export.id)
    ask = signed_in(app, session, marketer)
    assert ask("POST", f"/{export.id}/cancel").json["status"] == "cancelled"
    assert ask("POST", f"/{export.id}/cancel").json["error"] == "exports.over"
    service.write(export.id)
    assert again(session, export).status == "cancelled"
    assert session.execute(select(ExportPart)).all() == []


def test_a_file_is_gone_after_its_days_and_that_it_was_fetched_is_not(
    app: Any, session: Session, everybody: Offer, marketer: Staff, later: Any
) -> None:
    export = asked(session, marketer)
    service.write(export.id)
    ask = signed_in(app, session, marketer)
    assert ask("GET", f"/{export.id}/file").status_code == 200
    later(days=settings().export_days, seconds=1)
    ask = signed_in(app, session, marketer)
    assert ask("GET", f"/{export.id}/file").json["error"] == "exports.not_there"
    session.expire_all()
    service.forget_old(session)
    session.commit()
    assert ask("GET", f"/{export.id}").json["status_label"] == "已过期"
    assert session.execute(select(ExportPart)).all() == []
    assert session.execute(select(ExportDownload.export_id)).scalar_one() == export.id


def test_of_a_person_who_is_erased_no_file_tells_any_more(
    session: Session, everybody: Offer, marketer: Staff, deliver: Callable[[], int]
) -> None:
    done, begun = asked(session, marketer), asked(session, marketer, least=1)
    service.write(done.id)
    service._write_part(begun.id)
    people.erase(session, session.execute(select(Customer).filter_by(nickname="客户1")).scalar_one())
    deliver()
    assert again(session, done).status == "expired"
    service.write(begun.id)
    assert [one[0] for one in rows(again(session, begun))] == ["昵称", "客户0", "客户2", "客户3", "客户4"]
    assert session.execute(select(ExportPart).filter_by(export_id=done.id)).all() == []


def test_the_same_list_is_written_once_at_a_time_and_few_at_once(session: Session, everybody: Offer, marketer: Staff) -> None:
    first = asked(session, marketer)
    assert asked(session, marketer).id == first.id
    others = [asked(session, marketer, least=number).id for number in range(1, service.MOST_AT_ONCE)]
    assert first.id not in others
    with pytest.raises(service.TooManyExports):
        asked(session, marketer, least=99)
    service.write(first.id)
    assert asked(session, marketer).id not in (first.id, *others)


def test_what_a_list_is_asked_by_is_refused_by_its_field(session: Session, everybody: Offer, marketer: Staff) -> None:
    with pytest.raises(Invalid) as told:
        service.ask(session, marketer, "journeys.people", {"least": "many"})
    assert list(told.value.details) == ["asked.least"]
    with pytest.raises(Invalid) as told:
        service.ask(session, marketer, "journeys.nobody", {})
    assert list(told.value.details) == ["list"]


def test_a_file_that_grows_too_long_is_given_up(
    session: Session, everybody: Offer, marketer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "settings", lambda: settings().model_copy(update={"export_max_rows": 3}))
    export = asked(session, marketer)
    service.write(export.id)
    assert (again(session, export).status, export.error) == ("refused", "exports.too_long")
    assert session.execute(select(ExportPart)).all() == []


def test_every_list_that_can_be_had_as_a_file_is_called_something(app: Any) -> None:
    found = lists.offers()
    assert {"journeys.people", "journeys.results"} <= set(found)
    for one in found.values():
        assert re.search(r"[一-鿿]", one.label), one.key
        assert one.columns
        assert all(re.search(r"[一-鿿]", column.title) for column in one.columns), one.key
