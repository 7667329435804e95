"""The rounds: ruin, rebuild, and keep the result if it is good enough."""

from tripsage_mcp.planning.kernel.chance import below, draw, share
from tripsage_mcp.planning.kernel.data import (
    BEST,
    BEST_COUNT,
    BEST_STOP,
    BEST_TABLE,
    COUNT,
    CURRENT,
    DAYS,
    NEGLOG,
    ROUTE_VALUE,
    STALL,
    STOP,
    TABLE,
    VALUE,
    WIDTH,
    WORK,
    Floats,
    Ints,
)
from tripsage_mcp.planning.kernel.rebuild import rebuild
from tripsage_mcp.planning.kernel.route import count_day
from tripsage_mcp.planning.kernel.ruin import mark, ruin

_NOISE = 0.6
"""By how much a node may be over- or undervalued in a round, both ways together."""
_SQUARE, _POWERS = 3, 6
"""Index of the exponent that is best most of the time, and how many there are."""
_USUAL, _PLAIN = 0.4, 0.6
"""Up to which the best exponent is used, and 1."""


def worth_now(m: Ints, s: Ints) -> int:
    """Return the value of the plan being tried."""
    value = 0
    for r in range(m[DAYS]):
        value += s[s[ROUTE_VALUE] + s[s[WORK] + r]]
    return value


def keep(m: Ints, s: Ints) -> None:
    """Make the plan being tried the current one."""
    for r in range(m[DAYS]):
        s[s[CURRENT] + r] = s[s[WORK] + r]


def take_back(m: Ints, s: Ints) -> None:
    """Return to the current plan."""
    for r in range(m[DAYS]):
        if s[s[WORK] + r] != s[s[CURRENT] + r]:
            mark(m, s, s[s[WORK] + r], -1)
    for r in range(m[DAYS]):
        if s[s[WORK] + r] != s[s[CURRENT] + r]:
            mark(m, s, s[s[CURRENT] + r], r)
            count_day(m, s, s[s[WORK] + r], -1)
            count_day(m, s, s[s[CURRENT] + r], 1)
            s[s[WORK] + r] = s[s[CURRENT] + r]


def remember(m: Ints, s: Ints) -> None:
    """Write the plan being tried down as the best."""
    for r in range(m[DAYS]):
        b = s[s[WORK] + r]
        s[s[BEST_COUNT] + r] = s[s[COUNT] + b]
        s[s[BEST_TABLE] + r] = s[s[TABLE] + b]
        for q in range(1, s[s[COUNT] + b] + 1):
            s[s[BEST_STOP] + r * m[WIDTH] + q] = s[s[STOP] + b * m[WIDTH] + q]


def begin(m: Ints, s: Ints, f: Floats, power: int) -> None:
    """Fill the plan greedily, and start from there."""
    rebuild(m, s, f, power, 0.0)
    keep(m, s)
    s[VALUE] = worth_now(m, s)
    s[BEST] = s[VALUE]
    remember(m, s)


def rounds(m: Ints, s: Ints, f: Floats, count: int, temperature: float) -> None:
    """Make rounds of improvement at one temperature, in units of value."""
    for _ in range(count):
        ruin(m, s)
        x = share(s)
        power = below(s, _POWERS)
        if x < _USUAL:
            power = _SQUARE
        elif x < _PLAIN:
            power = 1
        rebuild(m, s, f, power, _NOISE * share(s))
        value = worth_now(m, s)
        loss = s[VALUE] - value
        s[STALL] += 1
        if loss <= 0 or loss < temperature * f[m[NEGLOG] + (draw(s) >> 22)]:
            keep(m, s)
            s[VALUE] = value
            if value > s[BEST]:
                s[BEST] = value
                s[STALL] = 0
                remember(m, s)
        else:
            take_back(m, s)
