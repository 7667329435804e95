"""Identifiers that sort by the time they were made."""

import secrets
import time
from collections.abc import Callable
from uuid import UUID

type NewId = Callable[[], UUID]

_FRACTION_BITS = 12
_NS_PER_MS = 1_000_000


def _uuid7_factory() -> NewId:
    last = 0

    def make() -> UUID:
        """Return a UUID version 7 (RFC 9562, method 3), greater than the one before it."""
        nonlocal last
        ms, ns = divmod(time.time_ns(), _NS_PER_MS)
        ticks = (ms << _FRACTION_BITS) | (ns << _FRACTION_BITS) // _NS_PER_MS
        # The clock may stand still or be set back: count on from the last one.
        last = ticks = max(ticks, last + 1)
        ms, fraction = ticks >> _FRACTION_BITS, ticks & ((1 << _FRACTION_BITS) - 1)
        tail = (0b10 << 62) | secrets.randbits(62)
        return UUID(int=(ms << 80) | (0x7 << 76) | (fraction << 64) | tail)

    return make


uuid7: NewId = _uuid7_factory()
