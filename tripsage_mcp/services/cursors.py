"""Cursors: a few values as an opaque string the caller hands back; nothing is kept on our side."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

_CHECK_BYTES = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_PLACE = 120


def seal(values: Sequence[object]) -> str:
    """Write JSON values as one URL-safe word; `unseal` reads it."""
    body = json.dumps(values, separators=(",", ":")).encode()
    return _word(_checksum(body) + body)


def unseal(word: str, *, longest: int) -> object:
    """Return the list that was sealed, or None when the word was changed or is none of ours.

    The checksum is against slips in copying, not against an attacker: a cursor gives no right to
    anything, so its reader checks the values all the same.
    """
    if len(word) > longest or not word.isascii():
        return None
    try:
        raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        # The same bytes have several spellings in base64; only ours counts.
        return json.loads(body) if check == _checksum(body) and _word(raw) == word else None
    except ValueError:
        return None


def seal_place(created_at: datetime, row_id: UUID) -> str:
    """Write a place in a list that is ordered by these; it keeps its meaning when rows come."""
    return seal(((created_at - _EPOCH) // _MICROSECOND, str(row_id)))


def unseal_place(word: str) -> tuple[datetime, UUID] | None:
    """Return the place that was sealed, or None where `word` is none of ours."""
    match unseal(word, longest=_LONGEST_PLACE):
        case [int(microseconds), str(row_id)]:
            with suppress(ValueError, OverflowError):
                return _EPOCH + microseconds * _MICROSECOND, UUID(row_id)
        case _:
            pass
    return None


def _word(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECK_BYTES)
