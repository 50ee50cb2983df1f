"""Encryption of single columns, and blind indexes to look encrypted values up."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import secrets
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from sqlalchemy import Dialect, LargeBinary, TypeDecorator
from werkzeug.security import check_password_hash, generate_password_hash

from app.kit.settings import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@functools.cache
def _cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings().field_key.get_secret_value()))


def encrypt(plain: bytes) -> bytes:
    """AES-256-GCM under FIELD_KEY; version byte, 12-byte nonce, ciphertext with its tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + _cipher().encrypt(nonce, plain, _VERSION)


def decrypt(sealed: bytes) -> bytes:
    """The inverse of `encrypt`. Raises `cryptography.exceptions.InvalidTag` when the value or the key is not ours."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    return _cipher().decrypt(nonce, body, sealed[:1])


def sealed_json(value: Any) -> bytes:
    """What an `EncryptedJson` column keeps, for statements that write it by themselves."""
    return encrypt(orjson.dumps(value))


def sealed_text(value: str) -> bytes:
    """What an `EncryptedText` column keeps, for statements that write it by themselves."""
    return encrypt(value.encode())


class EncryptedText(TypeDecorator[str]):
    """A text column that is ciphertext at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else sealed_text(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else decrypt(bytes(value)).decode()


class EncryptedJson(TypeDecorator[Any]):
    """A JSON column that is ciphertext at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else sealed_json(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(decrypt(bytes(value)))


@functools.cache
def _keyed() -> HMAC:
    return HMAC(settings().phone_pepper.get_secret_value().encode(), SHA256())


def blind_index(value: str) -> str:
    """A keyed hash (HMAC-SHA-256, hex, 64 characters) that finds an encrypted value again without revealing it."""
    # The key is worked in once: of a short value that is half of the work.
    own = _keyed().copy()
    own.update(value.encode())
    return own.finalize().hex()


def hash_password(password: str) -> str:
    """scrypt with a salt of its own, in the form that names its parameters."""
    return generate_password_hash(password)


def password_matches(kept: str, password: str) -> bool:
    """Whether this is the password of which `hash_password` made what we kept."""
    return check_password_hash(kept, password)


def new_password() -> str:
    """Sixteen random characters (79 bits) that can be read out: none that look alike."""
    return "".join(secrets.choice(_READABLE) for _ in range(16))


def new_token() -> str:
    """A bearer token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What we keep of a bearer token: enough to recognise it, useless to whoever reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()
