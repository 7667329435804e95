"""The word in the address of a confirmation page: whose question it is, and which one."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from tripsage_mcp.domain.account import Account

_ID_BYTES = 16
_MAC_BYTES = 16
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """What the word says, once it is known to be ours."""

    account: Account
    consent_id: UUID


def seal(secret: bytes, account: Account, consent_id: UUID) -> str:
    """Write a link's word; it cannot be guessed, nor made without the secret.

    It says nothing of when it ends: the consent knows.
    """
    body = account.account_id.bytes + consent_id.bytes
    return urlsafe_b64encode(body + _mac(secret, body)).decode().rstrip("=")


def unseal(secret: bytes, word: str) -> ConfirmLink | None:
    """Return what a word says, or None when it is none of ours."""
    if len(word) > _LONGEST or not word.isascii():
        return None
    try:
        raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(body) != 2 * _ID_BYTES or not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    return ConfirmLink(
        Account(UUID(bytes=body[:_ID_BYTES])), UUID(bytes=body[_ID_BYTES : 2 * _ID_BYTES])
    )


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"confirm page" + body, hashlib.sha256)[:_MAC_BYTES]
