"""Random numbers that are the same compiled and interpreted: xorshift of 32 bits."""

from tripsage_mcp.planning.kernel.data import (
    SEED,
    Ints,
)

_MASK = 0xFFFFFFFF
_UNIT = 1.0 / 4294967296.0


def draw(s: Ints) -> int:
    """Return the next number, from 1 to 2**32 - 1."""
    x = s[SEED]
    x ^= (x << 13) & _MASK
    x ^= x >> 17
    x ^= (x << 5) & _MASK
    s[SEED] = x
    return x


def below(s: Ints, limit: int) -> int:
    """Return a number from 0 to limit - 1."""
    return (draw(s) * limit) >> 32


def share(s: Ints) -> float:
    """Return a number from 0 to 1, without 1."""
    return draw(s) * _UNIT
