"""Tokens that let a caller confirm exactly what it was shown; nothing is kept on our side."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tripsage_mcp.errors import ConflictError, InvalidRequestError
from tripsage_mcp.infrastructure.clock import Clock

_LIFE = timedelta(minutes=10)
_EXPIRY_BYTES = 5
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Issues and checks tokens.

    A token is good for one use if what it is bound to no longer exists after that use.
    """

    secret: bytes
    now: Clock

    def issue(self, bound: Sequence[str]) -> tuple[str, datetime]:
        """Return a token for exactly `bound`, and when it expires."""
        expires_at = (self.now().astimezone(UTC) + _LIFE).replace(microsecond=0)
        expiry = int(expires_at.timestamp()).to_bytes(_EXPIRY_BYTES)
        token = urlsafe_b64encode(expiry + self._digest(expiry, bound)).decode().rstrip("=")
        return token, expires_at

    def check(self, token: str, bound: Sequence[str]) -> None:
        """Accept a token that was issued for exactly `bound`.

        Raises:
            InvalidRequestError: it cannot be one of ours.
            ConflictError: it has expired, or was issued for something else.
        """
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            raw = b""
        if len(raw) != _EXPIRY_BYTES + _DIGEST_BYTES:
            raise InvalidRequestError("confirmation_token", "must be the token of the preview")
        expiry, digest = raw[:_EXPIRY_BYTES], raw[_EXPIRY_BYTES:]
        genuine = hmac.compare_digest(digest, self._digest(expiry, bound))
        if not genuine or self.now().timestamp() > int.from_bytes(expiry):
            raise ConflictError(
                "The confirmation_token has expired, was used, or what it stood for has changed",
                hint="Call again without it for a new preview.",
            )

    def _digest(self, expiry: bytes, bound: Sequence[str]) -> bytes:
        message = expiry + json.dumps(list(bound)).encode()
        return hmac.digest(self.secret, message, hashlib.sha256)[:_DIGEST_BYTES]
