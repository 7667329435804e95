"""Numbers the encoding agrees on."""

POINT = 1_000_000
"""Units of value in a point of score."""
FOREVER = 1 << 40
"""A limit that never binds."""
