"""Putting stops in: again and again the one that gives most for the time it adds."""

from tripsage_mcp.planning.kernel.chance import share
from tripsage_mcp.planning.kernel.data import (
    ADDED,
    AT,
    COST,
    COUNT,
    COUNTERS,
    CURRENT,
    DAY_OF,
    DAYS,
    FREE,
    FREED,
    INFINITE,
    NODES,
    NOISE,
    OFFER,
    OFFER_DAY,
    ORDERED,
    ORDERS,
    POWERED,
    RIVALS,
    ROUTE_MONEY,
    ROUTE_VERSION,
    ROUTE_WALK,
    SIMPLE,
    SPENT,
    STAMP,
    STOP,
    TABLE,
    TIED,
    TIES,
    TOTAL,
    TRIP_CAP,
    TRIP_MONEY,
    TRIP_WALK,
    WALKED,
    WIDTH,
    WORK,
    WORTH,
    Floats,
    Ints,
)
from tripsage_mcp.planning.kernel.gaps import fit, refit, welcome
from tripsage_mcp.planning.kernel.route import count_day, insert, lay, take_out
from tripsage_mcp.planning.kernel.sweep import sweep


def is_barred(m: Ints, s: Ints, k: int) -> bool:
    """Tell whether the limits of the whole trip leave no room for a node."""
    for c in range(m[m[TIED] + k], m[m[TIED] + k + 1]):
        if s[s[TOTAL] + m[m[TIES] + c]] >= m[m[TRIP_CAP] + m[m[TIES] + c]]:
            return True
    return s[SPENT] + m[m[COST] + k] > m[TRIP_MONEY]


def ratio(m: Ints, s: Ints, f: Floats, r: int, k: int, power: int) -> float:
    """Return what a node gives for the time it adds to a day; -1 when it does not fit."""
    b = s[s[WORK] + r]
    slot = b * m[NODES] + k
    if s[s[STAMP] + slot] != s[s[ROUTE_VERSION] + b]:
        if m[SIMPLE] > 1:
            sweep(m, s, b)
        else:
            fit(m, s, b, k)
    if s[s[ADDED] + slot] >= INFINITE:
        return -1.0
    value = f[m[POWERED] + (power * m[DAYS] + r) * m[NODES] + k]
    if m[COUNTERS] > 0:
        more = welcome(m, s, b, k)
        if more > 0:
            value *= 1.0 + more / m[m[WORTH] + r * m[NODES] + k]
    return value / max(1, s[s[ADDED] + slot])


def offer(m: Ints, s: Ints, f: Floats, k: int, power: int) -> None:
    """Note the best day for a node, or that there is none."""
    best = -1.0
    for r in range(m[DAYS]):
        value = ratio(m, s, f, r, k, power)
        if value > best:
            best = value
            s[s[OFFER_DAY] + k] = r
    f[s[OFFER] + k] = best * f[s[NOISE] + k] if best > 0 else -1.0


def pick(s: Ints, f: Floats) -> int:
    """Return the best offer, dropping nodes that have none; -1 when nothing fits."""
    best = 0.0
    chosen = -1
    i = 0
    while i < s[FREED]:
        k = s[s[FREE] + i]
        value = f[s[OFFER] + k]
        if value <= 0:
            s[FREED] -= 1
            s[s[FREE] + i] = s[s[FREE] + s[FREED]]
            continue
        if value > best:
            best = value
            chosen = k
        i += 1
    return chosen


def place(m: Ints, s: Ints, k: int) -> bool:
    """Insert a node where its offer says; return False when that breaks a limit after all."""
    r = s[s[OFFER_DAY] + k]
    old = s[s[WORK] + r]
    new = old
    if old == s[s[CURRENT] + r]:
        new = (old + m[DAYS]) % (2 * m[DAYS])
        for q in range(1, s[s[COUNT] + old] + 1):
            s[s[STOP] + new * m[WIDTH] + q] = s[s[STOP] + old * m[WIDTH] + q]
        s[s[COUNT] + new] = s[s[COUNT] + old]
        s[s[TABLE] + new] = s[s[TABLE] + old]
    at = s[s[AT] + old * m[NODES] + k]
    count_day(m, s, old, -1)
    good = (
        insert(m, s, new, k, at)
        and s[SPENT] + s[s[ROUTE_MONEY] + new] <= m[TRIP_MONEY]
        and s[WALKED] + s[s[ROUTE_WALK] + new] <= m[TRIP_WALK]
    )
    if good:
        s[s[WORK] + r] = new
        s[s[DAY_OF] + k] = r
    elif old == new:
        take_out(m, s, new, at)
        lay(m, s, new)
    count_day(m, s, s[s[WORK] + r], 1)
    return good


def renew(m: Ints, s: Ints, f: Floats, placed: int, before: int, old: int, power: int) -> None:
    """Bring all offers up to date after a stop more on a day."""
    r = s[s[OFFER_DAY] + placed]
    b = s[s[WORK] + r]
    at = s[s[AT] + old * m[NODES] + placed]
    for i in range(s[FREED]):
        k = s[s[FREE] + i]
        if s[s[DAY_OF] + k] >= 0 or is_barred(m, s, k):
            f[s[OFFER] + k] = -1.0
            continue
        spot = old * m[NODES] + k
        if m[ORDERS]:
            offer(m, s, f, k, power)
            continue
        if s[s[STAMP] + spot] == before:
            if s[s[ADDED] + spot] >= INFINITE:
                # What did not fit does not fit a fuller day.
                s[s[STAMP] + b * m[NODES] + k] = s[s[ROUTE_VERSION] + b]
                s[s[ADDED] + b * m[NODES] + k] = INFINITE
                continue
            refit(m, s, b, k, s[s[AT] + spot], at)
        if s[s[OFFER_DAY] + k] == r:
            offer(m, s, f, k, power)
            continue
        value = ratio(m, s, f, r, k, power) * f[s[NOISE] + k]
        if value > f[s[OFFER] + k]:
            f[s[OFFER] + k] = value
            s[s[OFFER_DAY] + k] = r


def forget(m: Ints, s: Ints, k: int) -> None:
    """Have a node fitted anew everywhere: where it may go depends on other days too."""
    for r in range(m[DAYS]):
        s[s[STAMP] + s[s[WORK] + r] * m[NODES] + k] = 0


def offer_all(m: Ints, s: Ints, f: Floats, power: int, noise: float) -> None:
    """Note the offers of everything that is not in the plan."""
    s[FREED] = 0
    for k in range(m[NODES]):
        if s[s[DAY_OF] + k] < 0 and not is_barred(m, s, k):
            s[s[FREE] + s[FREED]] = k
            s[FREED] += 1
            f[s[NOISE] + k] = 1.0 + noise * (share(s) - 0.5) if noise > 0 else 1.0
            if m[ORDERS] and m[m[ORDERED] + k] != m[m[ORDERED] + k + 1]:
                forget(m, s, k)
            offer(m, s, f, k, power)


def rebuild(m: Ints, s: Ints, f: Floats, power: int, noise: float) -> None:
    """Insert nodes until nothing fits."""
    offer_all(m, s, f, power, noise)
    while True:
        k = pick(s, f)
        if k < 0:
            return
        r = s[s[OFFER_DAY] + k]
        old = s[s[WORK] + r]
        before = s[s[ROUTE_VERSION] + old]
        if not place(m, s, k):
            f[s[OFFER] + k] = -1.0
            continue
        f[s[OFFER] + k] = -1.0
        if m[ORDERS]:
            for c in range(m[m[ORDERED] + k], m[m[ORDERED] + k + 1]):
                rival = m[m[RIVALS] + c]
                forget(m, s, rival if rival >= 0 else -rival - 1)
        renew(m, s, f, k, before, old, power)
