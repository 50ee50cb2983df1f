"""People who come in a file: each is one customer, whatever the file says how often, and whoever dies over it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audience import queries as tag_queries
from app.audience import reading, reading_ahead, service
from app.audience.models import Action, CustomerTag, PeopleChunk, PeopleRow, PeopleRun, RunKind, TagKind, ValueType
from app.audience.queries import runs as queries
from app.audience.service import importing, runs
from app.dealers.models import Brand, Role, Staff
from app.events.models import Event
from app.identity import queries as identity
from app.identity import service as people
from app.identity.models import Consent, Customer, Purpose, WechatIdentity
from app.kit import db, texts
from app.kit.crypto import blind_index
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import wechat as make_wechat


class Killed(BaseException):
    """kill -9 as far as one process can have it: nothing of ours runs after it."""


@pytest.fixture
def marketer(session: Session) -> Staff:
    return marketer_of(session)


def marketer_of(session: Session) -> Staff:
    brand = make_dealers.brand(session)
    for key, more in {"vip": {}, "budget": {"value_type": ValueType.number}, "old": {}, "deposit": {"kind": TagKind.rule}}.items():
        service.create(session, brand.id, **{"key": key, "label": f"标签-{key}", "kind": TagKind.manual, **more})
    service.archive(session, next(one for one in tag_queries.tags(session, brand.id) if one.key == "old"))
    return make_dealers.staff(session, brand, Role.marketer)


def file(*rows: dict[str, Any] | list[str]) -> bytes:
    """A CSV file; its columns are those of all rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    lines = csv.DictWriter(out, columns, restval="")
    lines.writeheader()
    lines.writerows(rows)  # type: ignore[arg-type]
    return out.getvalue().encode()


def handed_in(session: Session, staff: Staff, content: bytes, kind: RunKind = RunKind.people) -> PeopleRun:
    run = service.hand_in(session, staff, [content[:50], content[50:]], kind=kind, file_name="people.csv")
    session.commit()
    return run


def taken_over(session: Session, staff: Staff, content: bytes, kind: RunKind = RunKind.people) -> PeopleRun:
    run = handed_in(session, staff, content, kind)
    service.take_up(run.id)
    session.expire_all()
    assert run.status == "done", run.error
    assert session.execute(select(PeopleChunk)).first() is None
    return run


def counts(session: Session, run: PeopleRun, *names: str) -> tuple[int, ...]:
    told = queries.progress(session, [run.id])[run.id]
    return tuple(told[name] for name in names)


def report(session: Session, run: PeopleRun) -> list[tuple[int, str, str, str, bool]]:
    rows = session.execute(select(PeopleRow).filter_by(run_id=run.id).order_by(PeopleRow.line, PeopleRow.number)).scalars()
    return [(row.line, row.field, row.value, row.reason, row.left_out) for row in rows]


def happened(session: Session, name: str) -> int:
    return session.execute(select(func.count()).select_from(Event).filter_by(name=name)).scalar_one()


def everybody(session: Session) -> list[Customer]:
    return list(session.execute(select(Customer).order_by(Customer.external_id, Customer.id)).scalars())


def carried(session: Session) -> dict[str, set[tuple[str, str | None]]]:
    rows = session.execute(
        select(Customer.external_id, CustomerTag).join(Customer, Customer.id == CustomerTag.customer_id).where(CustomerTag.active)
    )
    found: dict[str, set[tuple[str, str | None]]] = {}
    for number, hers in rows:
        found.setdefault(number, set()).add((hers.tag.key, hers.value))
    return found


ANNA = {
    "手机号": "138 0013 8000",
    "CRM编号": "C1",
    "昵称": "安娜\\n",
    "城市": "上海",
    "时区": "Asia/Shanghai",
    "标签": "vip;标签-budget=30.50",
    "同意营销": "是",
    "同意书版本": "2026-01",
    "同意时间": "2026-01-02 10:00:00",
}
BEA = {"手机号": "13900139000", "CRM编号": "C2", "标签": "标签-vip"}


def test_people_become_customers_with_all_that_the_file_says(session: Session, marketer: Staff) -> None:
    run = taken_over(session, marketer, file(ANNA, BEA))
    assert counts(session, run, "rows", "created", "rejected", "tags_added") == (2, 2, 0, 3)
    anna, _bea = everybody(session)
    assert (anna.phone, anna.phone_hash) == ("+8613800138000", blind_index("+8613800138000"))
    assert (anna.nickname, anna.city, anna.time_zone) == ("安娜\\n", "上海", "Asia/Shanghai")
    assert carried(session) == {"C1": {("vip", None), ("budget", "30.50")}, "C2": {("vip", None)}}
    consent = session.execute(select(Consent)).scalar_one()
    assert (consent.customer_id, consent.purpose, consent.source, consent.recorded_by) == (anna.id, "marketing", "import", marketer.id)
    assert consent.given_at.isoformat() == "2026-01-02T02:00:00+00:00"
    assert [happened(session, name) for name in ("customer.created", "tag.added", "customer.consent_given")] == [2, 3, 1]
    assert report(session, run) == []


def test_the_same_file_again_changes_nothing(session: Session, marketer: Staff) -> None:
    content = file(ANNA, BEA)
    taken_over(session, marketer, content)
    rows = "SELECT 'c', id::text, xmin::text FROM customers UNION SELECT 't', tag_id::text, xmin::text FROM customer_tags"
    before, told = set(session.execute(text(rows)).all()), session.execute(select(func.count()).select_from(Event)).scalar_one()
    run = taken_over(session, marketer, content)
    assert counts(session, run, "created", "updated", "unchanged", "tags_added", "tags_changed") == (0, 0, 2, 0, 0)
    assert set(session.execute(text(rows)).all()) == before
    assert session.execute(select(func.count()).select_from(Event)).scalar_one() == told


def test_whoever_is_known_by_any_key_is_updated_and_never_doubled(session: Session, marketer: Staff) -> None:
    brand = session.get_one(Brand, marketer.brand_id)
    account = make_wechat.account(session, brand)
    by_phone = make_identity.customer(session, brand, phone="+8613800138000", nickname="她自己取的")
    by_unionid = make_identity.customer(session, brand, unionid="u2", nickname=None)
    by_openid = make_identity.customer(session, brand, unionid=None)
    make_identity.identity(session, by_openid, account, openid="o3")
    merged = make_identity.customer(session, brand, phone="+8613700137000")
    kept = people.merge(session, make_identity.customer(session, brand, phone="+8613600136000"), merged)
    run = taken_over(
        session,
        marketer,
        file(
            {"phone": "13800138000", "external_id": "C1", "nickname": "CRM里的", "city": "北京"},
            {"unionid": "u2", "external_id": "C2", "phone": "13500135000", "nickname": "新名字"},
            {"appid": account.appid, "openid": "o3", "external_id": "C3"},
            {"phone": "13700137000", "external_id": "C4"},
            {"appid": account.appid, "openid": "o5", "external_id": "C5"},
        ),
    )
    assert counts(session, run, "created", "updated", "rejected") == (1, 4, 0)
    assert (by_phone.external_id, by_phone.nickname, by_phone.city) == ("C1", "她自己取的", "北京")
    assert (by_unionid.external_id, by_unionid.phone, by_unionid.nickname) == ("C2", "+8613500135000", "新名字")
    assert (by_openid.external_id, kept.external_id) == ("C3", "C4")
    new = session.execute(select(WechatIdentity).filter_by(openid="o5")).scalar_one()
    assert session.get_one(Customer, new.customer_id).external_id == "C5"


def test_a_row_that_leads_to_two_people_or_denies_what_is_known_is_told_and_left_out(session: Session, marketer: Staff) -> None:
    brand = session.get_one(Brand, marketer.brand_id)
    one = make_identity.customer(session, brand, phone="+8613800138000", external_id="C1")
    make_identity.customer(session, brand, unionid="u2")
    run = taken_over(
        session,
        marketer,
        file({"phone": "13800138000", "unionid": "u2", "city": "北京"}, {"external_id": "C1", "phone": "13900139000", "city": "北京"}),
    )
    assert report(session, run) == [(2, "unionid", "", "two_people", True), (3, "phone", "", "has_another", True)]
    assert counts(session, run, "created", "updated", "rejected") == (0, 0, 2)
    assert one.city is None


def test_a_header_with_line_breaks_and_tabs_is_read_as_if_it_had_none(session: Session, marketer: Staff) -> None:
    run = taken_over(session, marketer, file({"CRM\n编号": "C1", "备\t注\r\n": "x", "城市": "上海"}))
    assert [(one.external_id, one.city) for one in everybody(session)] == [("C1", "上海")]
    assert report(session, run) == [(1, "备注", "备注", "unknown_column", False)]


def test_what_does_not_hold_is_told_by_line_and_field_and_the_rest_is_taken(session: Session, marketer: Staff) -> None:
    run = taken_over(
        session,
        marketer,
        file(
            ANNA | {"时区": "Shanghai/Asia", "标签": "vip;没有;deposit;old;budget=许多;vip=1", "同意书版本": "", "备注": "?"},
            {"手机号": "12345", "备注": "x"},
            {"CRM编号": "C1"},
            {"昵称": "无名"},
            BEA | {"同意营销": "也许"},
            {"手机号": "13700137000", "同意营销": "是", "同意书版本": "v1", "同意时间": "2999-01-01"},
        ),
    )
    assert report(session, run) == [
        (1, "备注", "备注", "unknown_column", False),
        (2, "time_zone", "Shanghai/Asia", "not_a_time_zone", False),
        (2, "consent_marketing", "是", "no_evidence", False),
        (2, "tags", "没有", "no_tag", False),
        (2, "tags", "deposit", "tag_not_by_hand", False),
        (2, "tags", "old", "tag_put_away", False),
        (2, "tags", "budget=许多", "tag_value", False),
        (2, "tags", "vip=1", "tag_value", False),
        (3, "phone", "12345", "not_a_phone", True),
        (4, "external_id", "C1", "duplicate", True),
        (5, "keys", "", "no_key", True),
        (6, "consent_marketing", "也许", "unknown_value", False),
        (7, "consent_at", "2999-01-01", "in_the_future", False),
    ]
    assert counts(session, run, "rows", "created", "rejected") == (6, 3, 3)
    assert all(texts.has(f"import_reason.{reason}") for _, _, _, reason, _ in report(session, run))
    number = session.execute(text("SELECT value FROM people_rows WHERE line = 3")).scalar_one()
    assert b"12345" not in bytes(number)
    assert session.execute(select(Consent)).first() is None


@pytest.mark.parametrize(
    "content", [b"", "姓名,邮箱\n张三,a@b.c\n".encode(), b"phone,phone\n1,2\n", b"phone,openid\n1,2\n", b'phone\n"\x00\xff\xfe\n']
)
def test_what_is_no_such_file_is_refused_and_says_why(session: Session, marketer: Staff, content: bytes) -> None:
    if not content:
        with pytest.raises(runs.PeopleFileTooLong):
            handed_in(session, marketer, content)
        return
    run = handed_in(session, marketer, content)
    service.take_up(run.id)
    session.expire_all()
    assert (run.status, (run.error or {})["error"]) == ("refused", "audience.people_file_refused")
    assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 0


def test_a_file_as_excel_writes_it_in_china_is_read(session: Session, marketer: Staff) -> None:
    taken_over(session, marketer, file(ANNA).decode().encode("gb18030"))
    assert everybody(session)[0].city == "上海"


def test_what_she_took_back_since_is_not_agreed_to_again(session: Session, marketer: Staff) -> None:
    taken_over(session, marketer, file(ANNA))
    (anna,) = everybody(session)
    people.withdraw_consent(session, anna, purpose=Purpose.marketing)
    run = taken_over(session, marketer, file(ANNA))
    assert report(session, run) == [(2, "consent_marketing", "", "refused_since", False)]
    assert not identity.consented(session, anna.id, Purpose.marketing)


@pytest.mark.parametrize("moment", ["before its page is kept", "after its page is kept"])
def test_a_worker_killed_at_37_percent_leaves_nobody_out_and_nobody_twice(
    session: Session, marketer: Staff, monkeypatch: pytest.MonkeyPatch, later: Any, moment: str
) -> None:
    monkeypatch.setattr(reading, "PAGE", 10)
    rows = [{"phone": f"138{number:08d}", "external_id": f"C{number:03d}", "tags": "vip"} for number in range(300)]
    run = handed_in(session, marketer, file(*rows))
    take_over = importing.take_over

    def die(own: Session, of: PeopleRun, page: reading.Page) -> None:
        if page.number == 11 and moment == "before its page is kept":
            take_over(own, of, page)
            raise Killed
        if page.number == 12:
            raise Killed
        take_over(own, of, page)

    with monkeypatch.context() as dying:
        dying.setattr(importing, "take_over", die)
        with pytest.raises(Killed):
            service.take_up(run.id)
    session.expire_all()
    left = 110 if moment == "before its page is kept" else 120
    assert (run.status, *counts(session, run, "created")) == ("running", left)
    service.take_up_waiting()
    session.expire_all()
    assert run.status == "running", "somebody may still be at work on it"
    later(minutes=6)
    service.take_up_waiting()
    session.expire_all()
    assert run.status == "done"
    assert counts(session, run, "rows", "created", "tags_added", "rejected") == (300, 300, 300, 0)
    assert [one.external_id for one in everybody(session)] == [f"C{number:03d}" for number in range(300)]
    assert (happened(session, "customer.created"), happened(session, "tag.added")) == (300, 300)


def upload(session: Session, marketer: Staff, *rows: dict[str, Any]) -> PeopleRun:
    return taken_over(session, marketer, file(*rows), RunKind.tags)


def test_tags_are_given_and_taken_by_a_file_and_taken_back_as_a_whole(session: Session, marketer: Staff, later: Any) -> None:
    taken_over(session, marketer, file(ANNA, BEA, {"CRM编号": "C3"}))
    before = carried(session)
    later(minutes=1)
    run = upload(
        session,
        marketer,
        {"CRM编号": "C1", "标签": "标签-budget", "取值": "45"},
        {"手机号": "13800138000", "标签": "vip", "操作": "移除"},
        {"CRM编号": "C2", "标签": "标签-budget", "取值": "10"},
        {"CRM编号": "C3", "标签": "vip"},
        {"CRM编号": "nobody", "标签": "vip"},
        {"CRM编号": "C2", "标签": "vip", "操作": "换掉"},
    )
    assert counts(session, run, "rows", "created", "rejected", "tags_added", "tags_removed", "tags_changed") == (6, 0, 2, 2, 1, 1)
    assert report(session, run) == [(6, "external_id", "", "no_person", True), (7, "action", "换掉", "unknown_value", True)]
    assert carried(session) == {"C1": {("budget", "45")}, "C2": {("vip", None), ("budget", "10")}, "C3": {("vip", None)}}
    later(minutes=1)
    third = session.execute(select(Customer).filter_by(external_id="C3")).scalar_one()
    service.remove(session, third.id, "vip")
    service.add(session, third.id, "vip")
    service.take_back(session, run)
    session.commit()
    service.take_up(run.id)
    service.take_up(run.id)
    session.expire_all()
    assert (run.status, run.taken_back, run.kept) == ("undone", 3, 1)
    assert carried(session) == before | {"C3": {("vip", None)}}
    with pytest.raises(runs.RunNotUndone):
        service.take_back(session, run)


def test_the_same_file_handed_in_while_it_waits_is_the_same_run(session: Session, marketer: Staff) -> None:
    first = handed_in(session, marketer, file(ANNA))
    assert handed_in(session, marketer, file(ANNA)).id == first.id
    assert b"138" not in b"".join(session.execute(select(PeopleChunk.sealed)).scalars())


def test_two_files_of_the_same_people_at_once_make_each_of_them_once(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 25)
    with committed() as session:
        staff = marketer_of(session)
        numbers = [f"138{number:08d}" for number in range(200)]
        contents = [file(*({"phone": one, "tags": "vip"} for one in some)) for some in (numbers, numbers[::-1])]
        ids = [service.hand_in(session, staff, [one], kind=RunKind.people, file_name="x").id for one in contents]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(service.take_up, ids))
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 200
        assert (happened(session, "customer.created"), happened(session, "tag.added")) == (200, 200)
        told = queries.progress(session, ids).values()
        assert sum(one["created"] for one in told) == sum(one["unchanged"] for one in told) == 200


def test_a_long_file_is_read_by_another_process_and_taken_over_side_by_side(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_ahead, "ALONE_BELOW", 1)
    monkeypatch.setattr(runs, "ALONE_BELOW", 1)
    rows = 2 * reading.PAGE + 1
    with committed() as session:
        content = b"external_id\n" + b"".join(b"C%d\n" % number for number in range(rows)) + b"C7\n"
        run = service.hand_in(session, marketer_of(session), [content], kind=RunKind.people, file_name="x")
    service.take_up(run.id)
    with db.transaction() as session:
        told = queries.progress(session, [run.id])[run.id]
        assert (told["created"], told["rejected"], told["read_bytes"]) == (rows, 1, len(content))
        assert report(session, run) == [(rows + 2, "external_id", "C7", "duplicate", True)]


def test_what_a_file_brings_is_heard_like_anything_else(session: Session, marketer: Staff, deliver: Callable[[], int]) -> None:
    brand = session.get_one(Brand, marketer.brand_id)
    new = service.create(session, brand.id, key="new", label="新客户", kind=TagKind.rule)
    service.rule(session, new, event_name="customer.created", action=Action.add)
    taken_over(session, marketer, file(BEA, {"CRM编号": "C3"}))
    deliver()
    assert carried(session) == {"C2": {("vip", None), ("new", None)}, "C3": {("new", None)}}
