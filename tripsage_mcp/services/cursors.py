"""Cursors: a few values as an opaque string the caller hands back; nothing is kept on our side."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

_CHECK_BYTES = 4


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


def _word(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECK_BYTES)
