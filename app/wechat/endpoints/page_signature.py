"""The signature with which a page of ours inside WeChat or WeCom may call their functions."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class PageSignature:
    """What `wx.config` and `wx.agentConfig` want to hear."""

    appid: str
    timestamp: int
    nonce: str
    signature: str


def sign_page(appid: str, ticket: str, url: str) -> PageSignature:
    """Sign a page by its address, without what follows #."""
    nonce, now = os.urandom(8).hex(), int(time.time())
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={now}&url={url.partition('#')[0]}"
    return PageSignature(appid, now, nonce, hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest())
