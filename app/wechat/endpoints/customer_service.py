"""What a customer-service message may hold; mini-programs and service accounts send the same (spec 1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """At most 2,048 bytes (not verified)."""

    content: str

    def parts(self) -> tuple[str, dict[str, str]]:
        return "text", {"content": self.content}


@dataclass(frozen=True)
class Image:
    """A picture that was uploaded to WeChat within three days."""

    media_id: str

    def parts(self) -> tuple[str, dict[str, str]]:
        return "image", {"media_id": self.media_id}


@dataclass(frozen=True)
class Link:
    """A page of the web; `picture` is an address."""

    title: str
    description: str
    url: str
    picture: str

    def parts(self) -> tuple[str, dict[str, str]]:
        return "link", {"title": self.title, "description": self.description, "url": self.url, "thumb_url": self.picture}


@dataclass(frozen=True)
class Page:
    """A page of the mini-program, with a query if wanted; its picture was uploaded to WeChat."""

    title: str
    path: str
    thumb_media_id: str

    def parts(self) -> tuple[str, dict[str, str]]:
        return "miniprogrampage", {"title": self.title, "pagepath": self.path, "thumb_media_id": self.thumb_media_id}


Content = Text | Image | Link | Page


def message(openid: str, content: Content, *, appid: str | None = None) -> Mapping[str, object]:
    """The body that sends it; `appid` is the linked mini-program's, for a page out of a service account."""
    kind, parts = content.parts()
    if kind == "miniprogrampage" and appid is not None:
        parts = {**parts, "appid": appid}
    return {"touser": openid, "msgtype": kind, kind: parts}
