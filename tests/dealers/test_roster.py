"""A list of staff is taken over whole or not at all, and nobody's password is touched by it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Dealer, Staff
from tests.factories import dealers as make

HEADER = "username,name,role,dealer,wecom_userid"


class Office:
    """Writes lists of staff and hands them in at the command line."""

    def __init__(self, session: Session, app: Any, folder: Path) -> None:
        self.session, self.app, self.file = session, app, folder / "staff.csv"
        self.brand: Brand = make.brand(session)
        self.dealer: Dealer = make.dealer(session, self.brand, name="上海星河")

    def hand_in(self, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Any:
        self.session.commit()
        self.file.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
        done = self.app.test_cli_runner().invoke(args=["dealers", "staff", str(self.file), "--brand", self.brand.key])
        self.session.expire_all()
        return done

    def people(self) -> dict[str, Staff]:
        return {one.username: one for one in self.session.execute(select(Staff).filter_by(brand_id=self.brand.id)).scalars()}


@pytest.fixture
def office(session: Session, app: Any, tmp_path: Path) -> Office:
    return Office(session, app, tmp_path)


def printed_password(output: str, username: str) -> str:
    found = re.search(rf"^  {username}\s+(\S+)  ", output, re.MULTILINE)
    assert found, output
    return found.group(1)


def test_new_people_sign_in_with_the_password_that_was_printed_once(office: Office, client: Any) -> None:
    rows = ("lin,林静,marketer,,", "wang,王思远,dealer_manager,上海星河,wangsy", f"zhao,赵雨桐,adviser,{office.dealer.id},zhaoyt")
    done = office.hand_in(*rows)
    assert "3 new, 0 changed, 0 unchanged" in done.output
    passwords = {name: printed_password(done.output, name) for name in ("lin", "wang", "zhao")}
    assert len(set(passwords.values())) == 3
    assert {name: (one.role, one.dealer_id, one.wecom_userid) for name, one in office.people().items()} == {
        "lin": ("marketer", None, None),
        "wang": ("dealer_manager", office.dealer.id, "wangsy"),
        "zhao": ("adviser", office.dealer.id, "zhaoyt"),
    }
    for username, password in passwords.items():
        assert client.post("/api/public/staff/login", json={"username": username, "password": password}).status_code == 200
    again = office.hand_in(*rows)
    assert "0 new, 0 changed, 3 unchanged" in again.output
    assert not any(password in again.output for password in passwords.values())


def test_a_known_user_name_is_brought_up_to_date_and_keeps_its_password(office: Office) -> None:
    other = make.dealer(office.session, office.brand, name="北京星河")
    store = make.store(office.session, office.dealer)
    make.staff(office.session, office.dealer, username="zhao", store_id=store.id, active=False)
    stays = make.staff(office.session, office.dealer, username="wang", wecom_userid="wangsy")
    done = office.hand_in("zhao,赵雨桐,dealer_manager,北京星河,zhaoyt")
    assert "0 new, 1 changed, 0 unchanged" in done.output
    zhao = office.people()["zhao"]
    assert (zhao.name, zhao.role, zhao.dealer_id, zhao.wecom_userid, zhao.active) == ("赵雨桐", "dealer_manager", other.id, "zhaoyt", True)
    assert zhao.password_hash == make.PASSWORD_HASH
    assert zhao.store_id is None, "she would be at a store of the dealer she left"
    assert (stays.wecom_userid, stays.active) == ("wangsy", True)


def test_who_is_shut_out_by_the_list_is_signed_out(office: Office, client: Any) -> None:
    make.staff(office.session, office.dealer, username="zhao", wecom_userid="zhaoyt")
    office.session.commit()
    client.post("/api/public/staff/login", json={"username": "zhao", "password": make.PASSWORD})
    assert client.get("/api/staff/session/").status_code == 200
    office.hand_in("zhao,赵雨桐,adviser,上海星河,zhaoyt,false", header=HEADER + ",active")
    assert client.get("/api/staff/session/").status_code == 401
    assert client.post("/api/public/staff/login", json={"username": "zhao", "password": make.PASSWORD}).status_code == 401


def test_two_people_swap_their_wecom_accounts(office: Office) -> None:
    make.staff(office.session, office.dealer, username="zhao", wecom_userid="one")
    make.staff(office.session, office.dealer, username="wang", wecom_userid="two")
    assert office.hand_in("zhao,赵,adviser,上海星河,two", "wang,王,adviser,上海星河,one").exit_code == 0
    assert {name: one.wecom_userid for name, one in office.people().items()} == {"zhao": "two", "wang": "one"}


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (",赵,adviser,上海星河,", "username"),
        ("good,赵,adviser,上海星河,", "username"),
        ("elsewhere,赵,adviser,上海星河,", "username"),
        (f"{'x' * 65},赵,adviser,上海星河,", "username"),
        ("bad,,adviser,上海星河,", "name"),
        ("bad,赵,,上海星河,", "role"),
        ("bad,赵,boss,上海星河,", "role"),
        ("bad,赵,adviser,,", "dealer"),
        ("bad,赵,dealer_manager,,", "dealer"),
        ("bad,赵,marketer,上海星河,", "dealer"),
        ("bad,赵,admin,没有这家,", "dealer"),
        ("bad,赵,adviser,没有这家,", "dealer"),
        ("bad,赵,adviser,别人的经销商,", "dealer"),
        ("bad,赵,adviser,上海星河,GoodId", "wecom_userid"),
        ("bad,赵,adviser,上海星河,OldId", "wecom_userid"),
        ("bad,赵", "columns"),
    ],
)
def test_a_row_that_does_not_hold_is_told_with_line_and_field_and_changes_nobody(office: Office, bad: str, field: str) -> None:
    other = make.dealer(office.session, make.brand(office.session), name="别人的经销商")
    make.staff(office.session, other, username="elsewhere")
    make.staff(office.session, office.dealer, username="old", name="老员工", wecom_userid="oldid")
    make.staff(office.session, office.dealer, username="known", name="旧名", wecom_userid="known")
    done = office.hand_in("good,钱,adviser,上海星河,goodid", "known,新名,adviser,上海星河,known", bad, "last,孙,admin,,")
    assert done.exit_code != 0
    told = [line for line in done.output.splitlines() if line.startswith("  line")]
    assert [line.startswith(f"  line 4, {field}: ") for line in told] == [True], done.output
    assert "员工名单有误" in done.output
    assert {name: one.name for name, one in office.people().items()} == {"old": "老员工", "known": "旧名"}


def test_every_bad_row_is_told_at_once(office: Office) -> None:
    done = office.hand_in("a,赵,boss,,", "b,钱,adviser", "c,孙,adviser,,", "d,李,admin,,")
    assert re.findall(r"line (\d), (\w+)", done.output) == [("2", "role"), ("3", "columns"), ("4", "dealer")]
    assert office.people() == {}


@pytest.mark.parametrize(("header", "encoding"), [("username,name,role", "utf-8"), (HEADER, "gb18030")])
def test_a_file_of_another_form_is_refused_in_a_sentence(office: Office, header: str, encoding: str) -> None:
    done = office.hand_in("a,赵,admin", header=header, encoding=encoding)
    assert done.exit_code == 1
    assert "Error: staff.csv" in done.output
