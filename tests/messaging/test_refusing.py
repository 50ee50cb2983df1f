"""A marketing message is refused with one tap on its link, and the link tells nobody whose it is."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import queries
from app.identity import service as identity
from app.identity.errors import RefusalLinkUnknown
from app.identity.models import Customer, Purpose, Refusal
from app.kit.crypto import encrypt
from app.messaging import refusing
from tests.factories import broadcasts as make
from tests.factories import messaging as towns

CHANNEL = "service_template"


@pytest.fixture
def lin(session: Session, town: towns.Town) -> Customer:
    (made,) = make.readers(session, town, 1, phone="+8613800002222", nickname="林小姐")
    session.commit()
    return made


def path(of: Customer, channel: str = CHANNEL) -> str:
    return "/" + refusing.url(of.id, channel).split("/", 3)[3]


def reason(session: Session, who: Customer, channel: str) -> str | None:
    session.expire_all()
    return queries.wishes(session, [who.id])[who.id].allows(channel)


def test_one_tap_refuses_and_one_takes_it_back(session: Session, client: Any, lin: Customer) -> None:
    page = client.get(path(lin))
    assert page.status_code == 200
    assert "不再接收任何营销消息" in page.text
    assert 'name="viewport" content="width=device-width' in page.text
    answer = client.post(path(lin), data={"step": "refuse_all"})
    assert answer.status_code == 303
    assert reason(session, lin, "sms") == reason(session, lin, CHANNEL) == "refused"
    page = client.get(answer.headers["Location"])
    assert "已为您停止全部营销消息" in page.text
    client.post(path(lin), data={"step": "undo_all"})
    assert reason(session, lin, CHANNEL) is None


def test_only_the_channel_may_be_refused(session: Session, client: Any, lin: Customer) -> None:
    client.post(path(lin), data={"step": "refuse_channel"})
    assert (reason(session, lin, CHANNEL), reason(session, lin, "sms")) == ("refused", None)
    assert "已为您停止通过" in client.get(path(lin)).text
    client.post(path(lin), data={"step": "undo_channel"})
    assert reason(session, lin, CHANNEL) is None


def test_looking_changes_nothing(session: Session, client: Any, lin: Customer) -> None:
    """Whoever previews links must not refuse for her."""
    for _ in range(3):
        client.get(path(lin))
        client.head(path(lin))
    assert session.execute(select(func.count()).select_from(Refusal)).scalar_one() == 0
    assert session.execute(select(func.count()).select_from(Event).filter_by(name="customer.refused")).scalar_one() == 0


def test_a_forwarded_link_does_not_tell_who_she_is(session: Session, client: Any, lin: Customer) -> None:
    for data in (None, {"step": "refuse_all"}):
        if data:
            client.post(path(lin), data=data)
        page = client.get(path(lin))
        shown = page.text + str(page.headers)
        assert not re.search("林小姐|138|2222", shown)
        assert str(lin.id) not in shown
        assert lin.id.hex not in shown
    assert str(lin.id) not in path(lin)
    assert path(lin) != path(lin), "two links of one person cannot be told to be hers"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_what_she_refused_herself_a_link_takes_not_back(session: Session, client: Any, lin: Customer) -> None:
    identity.refuse(session, lin, purpose=Purpose.marketing)
    session.commit()
    assert "不再接收任何营销消息" in client.get(path(lin)).text, "nor does it show that she did"
    client.post(path(lin), data={"step": "undo_all"})
    assert reason(session, lin, CHANNEL) == "refused"


def test_a_link_works_for_whom_she_was_merged_into(session: Session, client: Any, town: towns.Town, lin: Customer) -> None:
    link = path(lin)
    (kept,) = make.readers(session, town, 1)
    identity.merge(session, kept, lin)
    session.commit()
    client.post(link, data={"step": "refuse_all"})
    assert reason(session, kept, CHANNEL) == "refused"


def test_a_link_that_is_not_ours_is_not_found(session: Session, client: Any, lin: Customer) -> None:
    token = path(lin).rsplit("/", 1)[1]
    wrong = "A" if token[-10] != "A" else "B"
    for bad in ("x", "....", token[:-5], token[:-10] + wrong + token[-9:]):
        assert client.get(f"/api/public/wishes/{bad}").status_code == 404, bad
        assert client.post(f"/api/public/wishes/{bad}", data={"step": "refuse_all"}).status_code == 404
    # Another ciphertext of ours is no link, either.
    other = base64.urlsafe_b64encode(encrypt(lin.id.bytes + b"marketing:sms")).decode().rstrip("=")
    with pytest.raises(RefusalLinkUnknown):
        refusing.read(other)
    assert client.post(path(lin), data={"step": "anything"}).status_code == 422


def test_a_message_that_was_refused_by_its_link_is_skipped(
    session: Session, client: Any, town: towns.Town, lin: Customer, tencent: Any, later: Any
) -> None:
    template = make.news(session, town)
    template.page = "{{ refusal_link }}"
    send = towns.plan(session, town, lin, make.NEWS, purpose="marketing")
    first = towns.plan(session, town, lin, make.NEWS, purpose="marketing")
    send.due_at += timedelta(hours=1)
    towns.send_due(session)
    session.refresh(first)
    client.post("/" + tencent.calls_of("send_template")[0]["url"].split("/", 3)[3], data={"step": "refuse_all"})
    later(hours=2)
    towns.send_due(session)
    session.refresh(send)
    assert (send.status, send.error_code) == ("skipped", "refused")
    assert len(tencent.calls_of("send_template")) == 1
