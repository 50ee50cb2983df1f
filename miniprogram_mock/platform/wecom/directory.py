"""A corp's members, departments and member tags, and whom each application sees (spec 4.2 to 4.4)."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.wecom.events import main_app
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# `departments` is a JSON list, `left_at` the moment at which a member left the corp; `sight` is who an application may see,
# `visible` what follows from it.
declare("""
CREATE TABLE IF NOT EXISTS wecom_departments (
    corpid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL DEFAULT '', parentid INTEGER NOT NULL,
    position INTEGER NOT NULL, PRIMARY KEY (corpid, id));
CREATE TABLE IF NOT EXISTS wecom_members (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, departments TEXT NOT NULL,
    position TEXT NOT NULL DEFAULT '', mobile TEXT, email TEXT NOT NULL DEFAULT '', gender TEXT NOT NULL DEFAULT '0',
    licensed INTEGER NOT NULL DEFAULT 1, serves_customers INTEGER NOT NULL DEFAULT 1, left_at REAL, UNIQUE (corpid, userid));
CREATE TABLE IF NOT EXISTS wecom_member_tags (
    corpid TEXT NOT NULL, tagid INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (corpid, tagid));
CREATE TABLE IF NOT EXISTS wecom_tagged_members (
    corpid TEXT NOT NULL, tagid INTEGER NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (corpid, tagid, userid));
CREATE TABLE IF NOT EXISTS wecom_sight (app TEXT NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (app, kind, ref));
CREATE TABLE IF NOT EXISTS wecom_visible (app TEXT NOT NULL, userid TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (app, userid));
""")

ROOT, SALES, MANAGERS, HEADQUARTERS = 1, 2, 3, 4


def seed(platform: "Platform") -> None:
    """Members and departments of every corp that has none yet, from the world: sales, managers, and headquarters out of sight."""
    for corp in platform.world.corps:
        if platform.store.value("SELECT count(*) FROM wecom_members WHERE corpid = ?", corp.corpid):
            continue
        for number, name in ((ROOT, corp.name), (SALES, "门店销售"), (MANAGERS, "门店经理"), (HEADQUARTERS, "总部")):
            platform.store.insert(
                "wecom_departments", corpid=corp.corpid, id=number, name=name, parentid=0 if number == ROOT else ROOT, position=number
            )
        for userid in corp.visible:
            is_manager = userid.startswith("mgr")
            name = f"{'经理' if is_manager else '顾问'}{userid[3:]}"
            _add_member(platform, corp.corpid, userid, name=name, departments=[MANAGERS if is_manager else SALES])
        for userid in corp.hidden:
            _add_member(platform, corp.corpid, userid, name=userid, departments=[HEADQUARTERS], serves_customers=0)
        for app in corp.applications:
            _first_sight(platform, app)
        refresh_visible(platform, corp.corpid)


def _first_sight(platform: "Platform", app: Corp) -> None:
    """See whole departments where possible, as administrators set it; 通讯录同步 sees everything."""
    left = set(app.visible)
    for department in [ROOT] if app.writes_contacts else [SALES, MANAGERS, HEADQUARTERS]:
        inside = set(of_departments(platform, app.corpid, {department}))
        if inside and inside <= left:
            left -= inside
            platform.store.insert("wecom_sight", app=app.appid, kind="party", ref=str(department))
    for userid in sorted(left):
        platform.store.insert("wecom_sight", app=app.appid, kind="user", ref=userid)


def _add_member(platform: "Platform", corpid: str, userid: str, *, name: str, departments: list[int], **more: Any) -> None:
    platform.store.insert("wecom_members", corpid=corpid, userid=userid, name=name, departments=json.dumps(departments), **more)


def member(platform: "Platform", corpid: str, userid: str) -> Row | None:
    """A member who has not left, by userid in whatever case; her `departments` are a list."""
    row = platform.store.one("SELECT * FROM wecom_members WHERE corpid = ? AND userid = ? AND left_at IS NULL", corpid, userid)
    return row and {**row, "departments": json.loads(row["departments"])}


def members(platform: "Platform", corpid: str) -> list[Row]:
    rows = platform.store.all("SELECT * FROM wecom_members WHERE corpid = ? AND left_at IS NULL ORDER BY seq", corpid)
    return [{**row, "departments": json.loads(row["departments"])} for row in rows]


def visible(platform: "Platform", app: Corp) -> list[str]:
    """The members in the application's visibility, in the order in which they joined."""
    rows = platform.store.all(
        "SELECT m.userid FROM wecom_visible v JOIN wecom_members m ON m.userid = v.userid AND m.corpid = ? "
        "WHERE v.app = ? AND m.left_at IS NULL ORDER BY m.seq", app.corpid, app.appid,
    )  # fmt: skip
    return [row["userid"] for row in rows]


def sees(platform: "Platform", app: Corp, userid: str) -> bool:
    return platform.store.one("SELECT 1 FROM wecom_visible WHERE app = ? AND userid = ?", app.appid, userid) is not None


def departments(platform: "Platform", corpid: str) -> list[Row]:
    return platform.store.all("SELECT id, name, name_en, parentid, position FROM wecom_departments WHERE corpid = ? ORDER BY id", corpid)


def subtree(platform: "Platform", corpid: str, tops: set[int]) -> set[int]:
    """These departments, those of them that exist, with everything below them."""
    rows = platform.store.all(
        f"""WITH RECURSIVE below (id) AS (
                SELECT id FROM wecom_departments WHERE corpid = ? AND id IN ({", ".join("?" * len(tops))})
                UNION SELECT d.id FROM wecom_departments d JOIN below ON d.parentid = below.id WHERE d.corpid = ?)
            SELECT id FROM below""",  # noqa: S608
        corpid, *tops, corpid,
    )  # fmt: skip
    return {row["id"] for row in rows}


def of_departments(platform: "Platform", corpid: str, tops: set[int]) -> list[str]:
    """The members of these departments and of everything below them."""
    chosen = subtree(platform, corpid, tops)
    return [row["userid"] for row in members(platform, corpid) if chosen & set(row["departments"])]


def of_tag(platform: "Platform", corpid: str, tagid: int) -> list[str]:
    rows = platform.store.all("SELECT userid FROM wecom_tagged_members WHERE corpid = ? AND tagid = ?", corpid, tagid)
    return [row["userid"] for row in rows]


def visible_departments(platform: "Platform", app: Corp) -> set[int]:
    """Departments that the application sees as such, not only some of their members."""
    rows = platform.store.all("SELECT ref FROM wecom_sight WHERE app = ? AND kind = 'party'", app.appid)
    return subtree(platform, app.corpid, {int(row["ref"]) for row in rows}) if rows else set()


def visible_tags(platform: "Platform", app: Corp) -> set[int]:
    """Member tags of which the application sees somebody."""
    rows = platform.store.all(
        "SELECT DISTINCT t.tagid FROM wecom_tagged_members t JOIN wecom_visible v ON v.userid = t.userid AND v.app = ? WHERE t.corpid = ?",
        app.appid, app.corpid,
    )  # fmt: skip
    return {row["tagid"] for row in rows}


def see(platform: "Platform", app: Corp, *, users: list[str], parties: list[int], tags: list[int]) -> None:
    """The administrator sets an application's visibility anew."""
    platform.store.run("DELETE FROM wecom_sight WHERE app = ?", app.appid)
    for kind, refs in (("user", users), ("party", parties), ("tag", tags)):
        for ref in dict.fromkeys(map(str, refs)):
            platform.store.insert("wecom_sight", app=app.appid, kind=kind, ref=ref)
    refresh_visible(platform, app.corpid)


def refresh_visible(platform: "Platform", corpid: str) -> None:
    """Work out anew whom each application of the corp sees; call it after any change of members, departments, tags or visibility."""
    store = platform.store
    everybody = members(platform, corpid)
    for app in main_app(platform, corpid).applications:
        refs: dict[str, set[str]] = {"user": set(), "party": set(), "tag": set()}
        for row in store.all("SELECT kind, ref FROM wecom_sight WHERE app = ?", app.appid):
            refs[row["kind"]].add(row["ref"])
        parties = subtree(platform, corpid, set(map(int, refs["party"]))) if refs["party"] else set()
        named = {userid.lower() for userid in refs["user"]}
        named |= {userid.lower() for tag in refs["tag"] for userid in of_tag(platform, corpid, int(tag))}
        store.run("DELETE FROM wecom_visible WHERE app = ?", app.appid)
        for row in everybody:
            if row["userid"].lower() in named or parties & set(row["departments"]):
                store.insert("wecom_visible", app=app.appid, userid=row["userid"])
