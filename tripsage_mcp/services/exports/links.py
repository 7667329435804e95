"""The word in the address of a file to fetch: whose trip, which one, as what and until when."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import cast
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.exports.catalog import NAMES, ExportFormat

_MAC_BYTES = 16
_LONGEST = 120
# Account, trip, place of the format in `NAMES`, seconds since 1970.
_BODY = Struct(">16s16sBQ")


@dataclass(frozen=True, slots=True)
class ExportLink:
    """What the word says, once it is known to be ours.

    Attributes:
        expires_at: UTC, to the second.
    """

    account: Account
    trip_id: UUID
    wanted: ExportFormat
    expires_at: datetime


def seal(secret: bytes, link: ExportLink) -> str:
    """Write a link's word; it cannot be guessed, nor made without the secret."""
    body = _BODY.pack(
        link.account.account_id.bytes,
        link.trip_id.bytes,
        NAMES.index(link.wanted),
        int(link.expires_at.timestamp()),
    )
    return urlsafe_b64encode(body + _mac(secret, body)).decode().rstrip("=")


def unseal(secret: bytes, word: str) -> ExportLink | None:
    """Return what a word says, expired or not, or None when it is none of ours."""
    if len(word) > _LONGEST or not word.isascii():
        return None
    try:
        raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(body) != _BODY.size or not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    account, trip, number, seconds = cast("tuple[bytes, bytes, int, int]", _BODY.unpack(body))
    # Only we sign, so the number is one of ours, unless a format has gone since.
    if number >= len(NAMES):
        return None
    return ExportLink(
        Account(UUID(bytes=account)),
        UUID(bytes=trip),
        NAMES[number],
        datetime.fromtimestamp(seconds, UTC),
    )


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"export file" + body, hashlib.sha256)[:_MAC_BYTES]
