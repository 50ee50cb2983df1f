"""The cryptography of both wires: encrypted message callbacks (WXBizMsgCrypt) and WeChat Pay APIv3."""

import base64
import hashlib
import hmac
import os
import string
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

PAY_SCHEME = "WECHATPAY2-SHA256-RSA2048"
# Every byte as a letter or digit; a few come up a little more often, which an id does not mind.
_ALPHANUMERIC = bytes((string.ascii_letters + string.digits).encode()[byte % 62] for byte in range(256))
_BLOCK = 32


def random_text(length: int) -> str:
    """Letters and digits only, as Tencent's ids, nonces and secrets are."""
    return os.urandom(length).translate(_ALPHANUMERIC).decode()


def sha1_of_sorted(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class MessageCrypt:
    """Safe mode of the message push: AES-256-CBC, PKCS#7 with a block of 32, and the id of the receiver inside.

    `aes_key` is the console's EncodingAESKey (43 characters); `receive_id` is the appid, for WeCom the corpid.
    """

    def __init__(self, *, token: str, aes_key: str, receive_id: str) -> None:
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._receive_id = receive_id.encode()

    def encrypt(self, text: str) -> str:
        message = text.encode()
        plain = os.urandom(16) + struct.pack(">I", len(message)) + message + self._receive_id
        fill = _BLOCK - len(plain) % _BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()

    def signature(self, *parts: str) -> str:
        """`msg_signature` over timestamp, nonce and the encrypted text; the plain `signature` over timestamp and nonce."""
        return sha1_of_sorted(self._token, *parts)


def private_key(pem: str) -> rsa.RSAPrivateKey:
    # Our own keys from our own world: to prove their primes anew takes longer than a hundred signatures.
    key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def public_key(pem: str) -> rsa.RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def sign(key: rsa.RSAPrivateKey, *lines: str) -> str:
    """SHA256withRSA over the lines, each ended by a newline; base64."""
    text = "".join(f"{line}\n" for line in lines)
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(key: rsa.RSAPublicKey, signature: str, *lines: str) -> bool:
    text = "".join(f"{line}\n" for line in lines)
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(apiv3_key: str, plain: bytes, *, kind: str, associated_data: str | None = None) -> dict[str, str]:
    """The `resource` of a Pay notification: AEAD_AES_256_GCM with `kind` as associated data, unless another is given."""
    nonce, associated_data = random_text(12), kind if associated_data is None else associated_data
    sealed = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "original_type": kind,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }


def same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
