"""The cheapest place in a route for every node at once.

Gap by gap over all nodes, on sequences that lie side by side and without a branch: compiled code
does several nodes with one instruction, ten times as fast as node by node.
"""

from tripsage_mcp.planning.kernel.data import (
    ADDED,
    ARRIVAL,
    ARRIVE_AT,
    AT,
    BACK,
    COUNT,
    COUNTERS,
    DAYS,
    INFINITE,
    INTO,
    LAST,
    LATEST,
    LEAVE,
    LEAVE_FROM,
    MINUTES,
    NODES,
    OPENS,
    ORDERS,
    OUT,
    PLACES,
    ROUTE_VERSION,
    SIMPLE,
    STAMP,
    STAY,
    TABLES,
    WIDTH,
    Ints,
)

_BITS = 12
"""An added time and the position after which it comes are one number, the position in so many."""
_GAP = (1 << _BITS) - 1


def widen(m: Ints) -> Ints:
    """Return the numbers of a problem with the legs to and from all nodes, place by place.

    Only where nothing but times decides whether a node fits; `m[SIMPLE]` is then where they begin:
    per place the minutes to each node, and after all of these per place those of each node's stay
    and the way there.
    """
    plain = m[SIMPLE] and m[TABLES] == 1 and m[COUNTERS] == 0 and not m[ORDERS]
    if not plain or m[WIDTH] > _GAP:
        return m
    nodes, places = range(m[NODES]), range(m[PLACES])
    to = [m[m[BACK] + m[m[ARRIVE_AT] + k] * m[PLACES] + i] for i in places for k in nodes]
    back = [
        m[m[STAY] + k] + m[m[MINUTES] + m[m[LEAVE_FROM] + k] * m[PLACES] + i]
        for i in places
        for k in nodes
    ]
    wide = [*m, *to, *back]
    wide[SIMPLE] = len(m)
    return wide


def sweep(m: Ints, s: Ints, b: int) -> None:
    """Do for all nodes what `gaps.fit` does for one."""
    n = m[NODES]
    base = b * m[WIDTH]
    slot = b * n
    hours = b % m[DAYS] * n
    onward = m[SIMPLE] + m[PLACES] * n
    first = m[m[OPENS] + hours : m[OPENS] + hours + n]
    last = m[m[LAST] + hours : m[LAST] + hours + n]
    # A view of the numbers in compiled code and a copy otherwise: written back below.
    least = s[s[ADDED] + slot : s[ADDED] + slot + n]
    for k in range(n):
        least[k] = INFINITE
    for q in range(base, base + s[s[COUNT] + b] + 1):
        to = m[SIMPLE] + s[s[OUT] + q] * n
        to_all = m[to : to + n]
        back = onward + s[s[INTO] + q + 1] * n
        back_all = m[back : back + n]
        leave = s[s[LEAVE] + q]
        arrival = s[s[ARRIVAL] + q + 1]
        latest = s[s[LATEST] + q + 1]
        gap = q - base
        for k in range(n):
            moment = leave + to_all[k]
            after = max(moment, first[k]) + back_all[k]
            key = ((after - arrival) << _BITS) + gap
            key = key if moment <= last[k] else INFINITE
            key = key if after <= latest else INFINITE
            least[k] = min(least[k], key)
    version = s[s[ROUTE_VERSION] + b]
    for k in range(n):
        key = least[k]
        s[s[STAMP] + slot + k] = version
        s[s[ADDED] + slot + k] = key if key >= INFINITE else key >> _BITS
        s[s[AT] + slot + k] = key & _GAP
