"""When one arrives, must leave, and may begin."""

from tripsage_mcp.planning.kernel.data import (
    BUCKETS,
    CLOSES,
    INFINITE,
    MINUTES,
    OPENS,
    PLACES,
    SPANS,
    STARTS,
    Ints,
)


def arrive(m: Ints, table: int, moment: int, i: int, j: int) -> int:
    """Return the earliest arrival at j when free to leave i at a moment."""
    size = m[PLACES] * m[PLACES]
    spot = table * m[BUCKETS] * size + i * m[PLACES] + j
    if m[BUCKETS] == 1:
        return moment + m[m[MINUTES] + spot]
    first = INFINITE
    for bucket in range(m[BUCKETS]):
        if moment < m[m[STARTS] + bucket + 1]:
            there = max(moment, m[m[STARTS] + bucket]) + m[m[MINUTES] + spot + bucket * size]
            first = min(first, there)
    return first


def depart(m: Ints, table: int, moment: int, i: int, j: int) -> int:
    """Return the latest moment to leave i and be at j by a moment; below zero for never."""
    size = m[PLACES] * m[PLACES]
    spot = table * m[BUCKETS] * size + i * m[PLACES] + j
    if m[BUCKETS] == 1:
        return moment - m[m[MINUTES] + spot]
    latest = -1
    for bucket in range(m[BUCKETS]):
        leave = min(moment - m[m[MINUTES] + spot + bucket * size], m[m[STARTS] + bucket + 1] - 1)
        if leave >= m[m[STARTS] + bucket]:
            latest = max(latest, leave)
    return latest


def open_from(m: Ints, spot: int, moment: int) -> int:
    """Return when a visit may start from a moment on; -1 for no more that day."""
    for span in range(spot * m[SPANS], spot * m[SPANS] + m[SPANS]):
        if moment <= m[m[CLOSES] + span]:
            return max(moment, m[m[OPENS] + span])
    return -1


def open_until(m: Ints, spot: int, moment: int) -> int:
    """Return the latest start not after a moment; -1 for none."""
    latest = -1
    for span in range(spot * m[SPANS], spot * m[SPANS] + m[SPANS]):
        if m[m[OPENS] + span] <= moment and m[m[CLOSES] + span] >= 0:
            latest = max(latest, min(moment, m[m[CLOSES] + span]))
    return latest
