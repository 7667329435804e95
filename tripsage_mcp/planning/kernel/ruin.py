"""Taking stops out: neighbouring strings, a segment of most days, or some at random."""

from tripsage_mcp.planning.kernel.chance import below, share
from tripsage_mcp.planning.kernel.data import (
    COUNT,
    CURRENT,
    DAY_OF,
    DAYS,
    FIXED,
    LONGEST,
    NEAR,
    NODES,
    REACH,
    STOP,
    TABLE,
    TABLES,
    WIDTH,
    WORK,
    Ints,
)
from tripsage_mcp.planning.kernel.route import count_day, lay

_STRINGS, _SEGMENTS = 0.45, 0.8
"""Up to which each way to take stops out is used; the rest of the time they go at random."""
_SKIP, _FEW = 0.25, 4
"""How often a day keeps its segment, and how many days are few."""
_TABLE_FLIPS = 8
_ALONE, _MANY = 2, 24
"""By how much more is taken out of the only day at most if it has more stops than are many; small
numbers are then more frequent. It makes days of few stops worse."""


def mark(m: Ints, s: Ints, b: int, r: int) -> None:
    """Write down the day of every stop of a buffer."""
    for q in range(b * m[WIDTH] + 1, b * m[WIDTH] + s[s[COUNT] + b] + 1):
        s[s[DAY_OF] + s[s[STOP] + q]] = r


def settle(m: Ints, s: Ints, r: int, new: int) -> None:
    """Work on with a day's thinned buffer, unless the way round what is gone takes too long."""
    old = s[s[WORK] + r]
    if s[s[COUNT] + new] == s[s[COUNT] + old] and s[s[TABLE] + new] == s[s[TABLE] + old]:
        return
    if lay(m, s, new):
        mark(m, s, old, -1)
        mark(m, s, new, r)
        count_day(m, s, old, -1)
        count_day(m, s, new, 1)
        s[s[WORK] + r] = new


def cut(m: Ints, s: Ints, r: int, first: int, length: int) -> None:
    """Take the stops at positions from `first` on out of a day, but for what is fixed."""
    old = s[s[WORK] + r]
    new = (old + m[DAYS]) % (2 * m[DAYS])
    n = 0
    for q in range(1, s[s[COUNT] + old] + 1):
        k = s[s[STOP] + old * m[WIDTH] + q]
        if q < first or q >= first + length or m[m[FIXED] + k] == 1:
            n += 1
            s[s[STOP] + new * m[WIDTH] + n] = k
    s[s[COUNT] + new] = n
    s[s[TABLE] + new] = s[s[TABLE] + old]
    if m[TABLES] > 1 and below(s, _TABLE_FLIPS) == 0:
        s[s[TABLE] + new] = 1 - s[s[TABLE] + old]
    settle(m, s, r, new)


def reach(m: Ints, s: Ints) -> int:
    """Return how many stops at once are taken out of a day at most, this time."""
    if m[DAYS] == 1 and s[s[COUNT] + s[s[WORK]]] > _MANY:
        # All there is must come out of one long route: now and then much of it.
        return 1 + below(s, 1 + below(s, _ALONE * m[LONGEST]))
    return 1 + below(s, m[LONGEST])


def cut_strings(m: Ints, s: Ints) -> None:
    """Take strings of stops around one place out of a few days."""
    days = 1 + below(s, min(m[DAYS], 4))
    longest = reach(m, s)
    center = below(s, m[NODES])
    for i in range(center * m[REACH], center * m[REACH] + m[REACH]):
        k = m[m[NEAR] + i]
        r = s[s[DAY_OF] + k]
        if r < 0 or s[s[WORK] + r] != s[s[CURRENT] + r]:
            continue
        b = s[s[WORK] + r]
        n = s[s[COUNT] + b]
        length = 1 + below(s, min(longest, n))
        at = 1
        while s[s[STOP] + b * m[WIDTH] + at] != k:
            at += 1
        low = max(1, at - length + 1)
        high = min(at, n - length + 1)
        cut(m, s, r, low + below(s, high - low + 1), length)
        days -= 1
        if days == 0:
            break


def cut_segments(m: Ints, s: Ints) -> None:
    """Take one segment out of most days."""
    longest = reach(m, s)
    skip = max(_SKIP, 1.0 - 2.0 / m[DAYS]) if m[DAYS] > _FEW else _SKIP
    for r in range(m[DAYS]):
        n = s[s[COUNT] + s[s[WORK] + r]]
        if n > 0 and share(s) >= skip:
            length = min(longest, n)
            cut(m, s, r, 1 + below(s, n - length + 1), length)


def thin(m: Ints, s: Ints) -> None:
    """Take stops out at random."""
    portion = (0.03 + 0.2 * share(s)) * min(1.0, 4.0 / m[DAYS])
    for r in range(m[DAYS]):
        old = s[s[WORK] + r]
        new = (old + m[DAYS]) % (2 * m[DAYS])
        n = 0
        for q in range(1, s[s[COUNT] + old] + 1):
            k = s[s[STOP] + old * m[WIDTH] + q]
            if m[m[FIXED] + k] == 1 or share(s) >= portion:
                n += 1
                s[s[STOP] + new * m[WIDTH] + n] = k
        s[s[COUNT] + new] = n
        s[s[TABLE] + new] = s[s[TABLE] + old]
        settle(m, s, r, new)


def ruin(m: Ints, s: Ints) -> None:
    """Take some stops out of the plan being tried."""
    kind = share(s)
    if kind < _STRINGS:
        cut_strings(m, s)
    elif kind < _SEGMENTS:
        cut_segments(m, s)
    else:
        thin(m, s)
