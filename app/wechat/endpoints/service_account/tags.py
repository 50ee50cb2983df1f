"""Tags that the service account puts on its followers (spec 2.6: its limits and codes are not verified)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


@dataclass(frozen=True)
class Tag:
    """`count`: how many people bear it; ids below 100 are WeChat's own."""

    id: int
    name: str
    count: int = 0


class Tags(ServiceAccountDoor):
    @post("/cgi-bin/tags/create", repeat=Repeat.keyed)
    def create_tag(self, name: str) -> Ask[Tag]:
        """One more of at most 100; names are at most 30 bytes and taken once. Refusals: 45157 (taken), 45158 (too long), 45056 (many)."""
        return Ask(lambda told: _tag(told["tag"]), body={"tag": {"name": name}})

    @get("/cgi-bin/tags/get")
    def tags(self) -> Ask[list[Tag]]:
        """All of them."""
        return Ask(lambda told: [_tag(one) for one in told["tags"]])

    @post("/cgi-bin/tags/update", repeat=Repeat.harmless)
    def rename_tag(self, tag_id: int, name: str) -> Ask[None]:
        """Refusals: 45159 (no such tag), 45157, 45158."""
        return Ask(done, body={"tag": {"id": tag_id, "name": name}})

    @post("/cgi-bin/tags/delete", repeat=Repeat.harmless)
    def delete_tag(self, tag_id: int) -> Ask[None]:
        """Takes it from everybody who bears it. Refusals: 45159; 45057 (more than 100,000 people bear it)."""
        return Ask(done, body={"tag": {"id": tag_id}})

    @post("/cgi-bin/tags/members/batchtagging", repeat=Repeat.harmless)
    def tag_people(self, tag_id: int, openids: Sequence[str]) -> Ask[None]:
        """All of at most 50 people, or none of them. Refusals: 45159, 45059 (one bears 20 already), 40003."""
        return Ask(done, body=_people(tag_id, openids))

    @post("/cgi-bin/tags/members/batchuntagging", repeat=Repeat.harmless)
    def untag_people(self, tag_id: int, openids: Sequence[str]) -> Ask[None]:
        """At most 50. Refusals: 45159, 40003."""
        return Ask(done, body=_people(tag_id, openids))

    @post("/cgi-bin/tags/getidlist", repeat=Repeat.harmless)
    def tags_of(self, openid: str) -> Ask[list[int]]:
        """The ids of the tags that a person bears. Refusal: 40003."""
        return Ask(lambda told: list(told["tagid_list"]), body={"openid": openid})

    @post("/cgi-bin/user/tag/get", repeat=Repeat.harmless)
    def tagged(self, tag_id: int, after: str = "") -> Ask[list[str]]:
        """The openids of up to 10,000 people who bear it, after this one; none when there are no more. Refusals: 45159, 40003."""

        def read(told: dict[str, Any]) -> list[str]:
            return list(told["data"]["openid"]) if told["count"] else []

        return Ask(read, body={"tagid": tag_id, "next_openid": after})


def _tag(told: dict[str, Any]) -> Tag:
    return Tag(int(told["id"]), str(told["name"]), int(told.get("count", 0)))


def _people(tag_id: int, openids: Sequence[str]) -> dict[str, Any]:
    if len(openids) > 50:
        raise ValueError("openids: at most 50 at once")
    return {"openid_list": list(openids), "tagid": tag_id}
