"""What may be sent to customers, as a welcome or by a member's own hand: a text with attachments. Up to 4,000 bytes and 9 of them.

Pictures of mini-programs, videos and files are named by a media_id of WeCom, which holds for three days; uploading is done in the console.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.wechat.endpoints.wecom.door import at_most, given

Attachment = dict[str, Any]
_MOST_ATTACHMENTS = 9


def image(*, media_id: str | None = None, url: str | None = None) -> Attachment:
    """A picture: uploaded, or at an address that WeCom gave for it."""
    return {"msgtype": "image", "image": given(media_id=media_id, pic_url=url)}


def link(title: str, url: str, *, description: str | None = None, picture_url: str | None = None) -> Attachment:
    """A page: title 128 bytes, description 512 [K]."""
    return {"msgtype": "link", "link": given(title=title, url=url, desc=description, picurl=picture_url)}


def mini_program(title: str, *, appid: str, page: str, picture_media_id: str) -> Attachment:
    """A page of a mini-program that is linked to the corp: title 64 bytes [K]."""
    return {"msgtype": "miniprogram", "miniprogram": {"title": title, "pic_media_id": picture_media_id, "appid": appid, "page": page}}


def video(media_id: str) -> Attachment:
    return {"msgtype": "video", "video": {"media_id": media_id}}


def file(media_id: str) -> Attachment:
    return {"msgtype": "file", "file": {"media_id": media_id}}


def message(text: str, attachments: Sequence[Attachment]) -> dict[str, Any]:
    """The part of a body that is said to customers. Raises ValueError: nothing at all, or too many attachments."""
    if not text and not attachments:
        raise ValueError("text, attachments: one of them")
    listed = at_most("attachments", attachments, _MOST_ATTACHMENTS)
    return given(text={"content": text} if text else None, attachments=listed or None)
