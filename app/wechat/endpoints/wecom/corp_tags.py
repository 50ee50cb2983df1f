"""Tags for customers that belong to the corp, and who bears them. Spec 4.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, WeComDoor, given


@dataclass(frozen=True)
class CorpTag:
    tag_id: str
    name: str
    order: int


@dataclass(frozen=True)
class CorpTagGroup:
    """Tags under a common name; without tags the group is gone."""

    group_id: str
    name: str
    tags: tuple[CorpTag, ...]

    @classmethod
    def read(cls, told: dict[str, Any]) -> CorpTagGroup:
        tags = tuple(CorpTag(tag["id"], tag["name"], tag.get("order", 0)) for tag in told["tag"] if not tag.get("deleted"))
        return cls(told["group_id"], told["group_name"], tags)


class CorpTags(WeComDoor):
    """A corp has 10,000 tags at most ([K]; 3,000 on older pages). Refusals: 40068 (no such tag), 40071 (the name is there already)."""

    @post("/cgi-bin/externalcontact/get_corp_tag_list", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def corp_tags(self, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> Ask[list[CorpTagGroup]]:
        """All groups, or those of some tags, or some groups; of both WeCom looks at the tags only."""
        body = given(tag_id=list(tag_ids) or None, group_id=list(group_ids) or None)
        return Ask(lambda told: [CorpTagGroup.read(one) for one in told["tag_group"]], body=body)

    @post("/cgi-bin/externalcontact/add_corp_tag", repeat=Repeat.never, per_minute=PER_MINUTE)
    def add_corp_tags(self, names: Sequence[str], *, group_id: str | None = None, group_name: str | None = None) -> Ask[CorpTagGroup]:
        """Add tags to a group, which is made when there is none of that name; gives it with the new ones. Names 30 characters [K]."""
        if (group_id is None) == (group_name is None):
            raise ValueError("group_id, group_name: one of them")
        body = {**given(group_id=group_id, group_name=group_name), "tag": [{"name": name} for name in names]}
        return Ask(lambda told: CorpTagGroup.read(told["tag_group"]), body=body)

    @post("/cgi-bin/externalcontact/edit_corp_tag", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def edit_corp_tag(self, tag_or_group_id: str, *, name: str | None = None, order: int | None = None) -> Ask[None]:
        """Rename a tag or a group, or move it: the highest order comes first."""
        return Ask(done, body={"id": tag_or_group_id, **given(name=name, order=order)})

    @post("/cgi-bin/externalcontact/del_corp_tag", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def delete_corp_tags(self, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> Ask[None]:
        """Take tags and whole groups away, also from every customer who bears them."""
        return Ask(done, body=given(tag_id=list(tag_ids) or None, group_id=list(group_ids) or None))

    @post("/cgi-bin/externalcontact/mark_tag", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def mark_tags(self, userid: str, external_userid: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Ask[None]:
        """Give a member's customer tags, and take some from her. Refusals besides: 84061 (not her customer)."""
        body = {"userid": userid, "external_userid": external_userid}
        return Ask(done, body=body | given(add_tag=list(add) or None, remove_tag=list(remove) or None))
