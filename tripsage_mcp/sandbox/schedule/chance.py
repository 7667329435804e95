"""Deterministic chance: the same words always give the same numbers."""

from hashlib import blake2b

_SPAN = 1 << 64


def whole(*words: object) -> int:
    """Return an integer in 0..2**64-1 that depends on every word, on any machine."""
    text = "\x1f".join(map(str, words))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def share(*words: object) -> float:
    """Return a number in [0, 1) that depends on every word."""
    return whole(*words) / _SPAN


def between(low: float, high: float, *words: object) -> float:
    """Return a number in [low, high) that depends on every word."""
    return low + (high - low) * share(*words)
