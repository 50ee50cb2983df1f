"""Departments and members whom the app sees. Spec 4.4; the calls themselves are not in it [K].

Since 2022 an app gets no phone numbers and e-mail addresses of members here; they come with the member's own consent at login [K].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, get
from app.wechat.endpoints.wecom.door import PER_MINUTE, WeComDoor


@dataclass(frozen=True)
class Department:
    """`name` is None where only the numbers were asked for; the highest `order` comes first."""

    id: int
    parent_id: int
    order: int
    name: str | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Department:
        return cls(told["id"], told["parentid"], told.get("order", 0), told.get("name"))


@dataclass(frozen=True)
class Member:
    """`is_active`: has joined and is not switched off, None where that was not asked for."""

    userid: str
    name: str
    department_ids: tuple[int, ...]
    position: str = ""
    is_active: bool | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Member:
        status = told.get("status")
        return cls(
            userid=told["userid"],
            name=told["name"],
            department_ids=tuple(told["department"]),
            position=told.get("position", ""),
            is_active=None if status is None else status == 1,
        )


class Directory(WeComDoor):
    """Refusals: 60003 (no such department), 60111 (no such member), 60011 (not in sight)."""

    @get("/cgi-bin/department/list", per_minute=PER_MINUTE)
    def departments(self, below: int | None = None) -> Ask[list[Department]]:
        """The departments in sight, or one with all below it."""
        return Ask(lambda told: [Department.read(one) for one in told["department"]], query=_below(below))

    @get("/cgi-bin/department/simplelist", per_minute=PER_MINUTE)
    def department_ids(self, below: int | None = None) -> Ask[list[Department]]:
        """The same without names."""
        return Ask(lambda told: [Department.read(one) for one in told["department_id"]], query=_below(below))

    @get("/cgi-bin/department/get", per_minute=PER_MINUTE)
    def department(self, department_id: int) -> Ask[Department]:
        return Ask(lambda told: Department.read(told["department"]), query={"id": str(department_id)})

    @get("/cgi-bin/user/list", per_minute=PER_MINUTE)
    def members(self, department_id: int, *, with_below: bool = False) -> Ask[list[Member]]:
        """The members of a department, or of all below it as well."""
        return Ask(_members, query=_of(department_id, with_below=with_below))

    @get("/cgi-bin/user/simplelist", per_minute=PER_MINUTE)
    def member_names(self, department_id: int, *, with_below: bool = False) -> Ask[list[Member]]:
        """The same with names and departments only."""
        return Ask(_members, query=_of(department_id, with_below=with_below))

    @get("/cgi-bin/user/get", per_minute=PER_MINUTE)
    def member(self, userid: str) -> Ask[Member]:
        return Ask(Member.read, query={"userid": userid})


def _members(told: dict[str, Any]) -> list[Member]:
    return [Member.read(one) for one in told["userlist"]]


def _below(department_id: int | None) -> dict[str, str]:
    return {} if department_id is None else {"id": str(department_id)}


def _of(department_id: int, *, with_below: bool) -> dict[str, str]:
    return {"department_id": str(department_id)} | ({"fetch_child": "1"} if with_below else {})
