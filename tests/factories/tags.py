"""A brand's tags of every kind, and a file of tags, for tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.audience import service
from app.audience.models import Action, PeopleRun, Tag, TagKind, TagLink, TagRule
from app.audience.service import linking
from app.dealers.models import Brand
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import wechat

_count = itertools.count(1)
# Doors of tags that may be asked without a key, because doing it again changes nothing more.
HONOURED = {
    "DELETE /api/staff/customers/<uuid:customer_id>/tags/<key>",
    "DELETE /api/staff/tags/<uuid:tag_id>/links/<uuid:link_id>",
    "DELETE /api/staff/tags/<uuid:tag_id>/rules/<uuid:rule_id>",
    "PATCH /api/staff/tags/<uuid:tag_id>",
    "POST /api/staff/people/files/<uuid:file_id>/undo",
    "POST /api/staff/customers/<uuid:customer_id>/tags",
    "POST /api/staff/tags/",
    "POST /api/staff/tags/<uuid:tag_id>/archive",
    "POST /api/staff/tags/<uuid:tag_id>/behaviour/preview",
    "POST /api/staff/tags/<uuid:tag_id>/links",
    "POST /api/partner/tags/<key>/people",
    "POST /api/staff/tags/<uuid:tag_id>/people",
    "POST /api/staff/tags/<uuid:tag_id>/restore",
    "POST /api/staff/tags/<uuid:tag_id>/rules",
    "POST /api/staff/tags/<uuid:tag_id>/rules/preview",
    "POST /api/staff/tags/folders",
    "PUT /api/staff/tags/<uuid:tag_id>/behaviour",
}
BEHAVIOUR: dict[str, Any] = {"event_name": "vehicle.viewed", "at_least": 3, "within_hours": 168, "vehicle": {"body": "SUV"}}


def tag(session: Session, of: Brand, **more: Any) -> Tag:
    """A tag of a brand, given by hand unless said otherwise."""
    number = next(_count)
    return service.create(session, of.id, **{"key": f"made{number}", "label": f"标签-{number}", "kind": TagKind.manual, **more})


@dataclass
class Tags:
    """One tag that stands for itself, one with a rule, one that counts, one that a service account knows; and a file of tags."""

    free: Tag
    ruled: Tag
    rule: TagRule
    counting: Tag
    linked: Tag
    link: TagLink
    account: WechatAccount
    file: PeopleRun


def of_brand(session: Session, of: Brand) -> Tags:
    free, linked = tag(session, of), tag(session, of)
    ruled, counting = tag(session, of, kind=TagKind.rule), tag(session, of, kind=TagKind.behavioural)
    account = wechat.account(session, of, AccountKind.service_account)
    file = PeopleRun(brand_id=of.id, kind="tags", status="done", file_name="不该看见的人", file_sha256="", file_bytes=1)
    session.add(file)
    rule = service.rule(session, ruled, event_name="share.opened", action=Action.add)
    return Tags(free, ruled, rule, counting, linked, linking.link(session, linked, account.id), account, file)


def ids(made: Tags) -> dict[str, Any]:
    """What doors of tags mean unless `doors` says otherwise."""
    return {"tag_id": made.free.id, "file_id": made.file.id}


def doors(made: Tags) -> dict[str, dict[str, Any]]:
    """For each door of tags one with which it can do what it is for."""
    at = "/tags/<uuid:tag_id>"
    return {
        f"{at}/rules/<uuid:rule_id>": {"tag_id": made.ruled.id, "rule_id": made.rule.id},
        f"{at}/links/<uuid:link_id>": {"tag_id": made.linked.id, "link_id": made.link.id},
        f"{at}/behaviour": {"tag_id": made.counting.id},
        f"{at}/behaviour/preview": {"tag_id": made.counting.id},
    }


def bodies(made: Tags) -> dict[str, dict[str, Any]]:
    """What each door of tags wants to read."""
    rule = {"event_name": "deposit.paid", "action": "add"}
    return {
        "POST /api/staff/tags/": {"key": "new", "label": "新标签"},
        "/tags/folders": {"name": "兴趣"},
        "/tags/<uuid:tag_id>/rules": rule,
        "/tags/<uuid:tag_id>/rules/preview": rule,
        "/tags/<uuid:tag_id>/behaviour": BEHAVIOUR,
        "/tags/<uuid:tag_id>/behaviour/preview": BEHAVIOUR,
        "/tags/<key>/people": {"customer_ids": ["00000000-0000-0000-0000-000000000007"]},
        "/tags/<uuid:tag_id>/people": {"customer_ids": ["00000000-0000-0000-0000-000000000007"]},
        "/tags/<uuid:tag_id>/links": {"account_id": str(made.account.id)},
    }
