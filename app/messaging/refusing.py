"""The link in a marketing message by which it is refused with one tap, and the page that it opens.

Whoever holds the link may refuse, and take that back; what it leads to, and that it is hers, only we can read.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from html import escape

from cryptography.exceptions import InvalidTag

from app.identity.errors import RefusalLinkUnknown
from app.identity.models import Purpose
from app.kit.crypto import decrypt, encrypt
from app.kit.settings import settings
from app.kit.texts import t

PATH = "/api/public/wishes/"
# Nothing else that we encrypt begins so: no other ciphertext of ours is a link.
_MARK = b"refusal-link:"


@dataclass(frozen=True)
class Link:
    """What a link stands for: whose messages, of which purpose, and the channel that brought it."""

    customer_id: uuid.UUID
    purpose: Purpose
    channel: str


def url(customer_id: uuid.UUID, channel: str, purpose: Purpose = Purpose.marketing) -> str:
    """The address to be put into a message to her; each time another one, that never ends."""
    sealed = encrypt(_MARK + customer_id.bytes + f"{purpose}:{channel}".encode())
    return settings().public_base_url + PATH + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(token: str) -> Link:
    """What the last part of the address stands for. Raises `RefusalLinkUnknown`."""
    try:
        plain = decrypt(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not plain.startswith(_MARK):
            raise ValueError
        plain = plain.removeprefix(_MARK)
        purpose, channel = plain[16:].decode().split(":")
        return Link(uuid.UUID(bytes=plain[:16]), Purpose(purpose), channel)
    except (InvalidTag, ValueError, IndexError, binascii.Error) as error:
        raise RefusalLinkUnknown from error


def page(*, brand: str, channel: str, refused: str | None) -> str:
    """The page in Chinese, at the width of a phone, without a word about who she is. `channel` is its label; `refused` is what is refused
    by such a link already: "all", "channel" or None.
    """
    if refused is None:
        words = t("messaging.refusal.ask", brand=brand)
        buttons = [("refuse_all", t("messaging.refusal.refuse_all"), "main")]
        buttons.append(("refuse_channel", t("messaging.refusal.refuse_channel", channel=channel), ""))
    else:
        words = t(f"messaging.refusal.refused_{refused}", channel=channel)
        buttons = [(f"undo_{refused}", t("messaging.refusal.undo"), "")]
    forms = "".join(
        f'<form method="post"><button name="step" value="{step}" class="{look}">{escape(label)}</button></form>'
        for step, label, look in buttons
    )
    return _PAGE.format(title=escape(t("messaging.refusal.title")), words=escape(words), forms=forms)


_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 32px 20px; font: 17px/1.6 -apple-system, "PingFang SC", "Noto Sans SC", sans-serif; color: #1a1a1a; }}
main {{ max-width: 420px; margin: 0 auto; }}
h1 {{ font-size: 22px; }}
button {{ width: 100%; min-height: 48px; margin-top: 12px; border: 1px solid #767676; border-radius: 8px; }}
button {{ background: #fff; font: inherit; }}
button.main {{ border-color: #0a5c36; background: #0a5c36; color: #fff; }}
button:focus-visible {{ outline: 3px solid #1a73e8; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #161616; color: #f0f0f0; }}
  button {{ background: #262626; color: #f0f0f0; }}
}}
</style>
</head>
<body><main><h1>{title}</h1><p role="status">{words}</p>{forms}</main></body>
</html>
"""
# Nothing may be loaded, framed or told where it came from: the address is a key.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
