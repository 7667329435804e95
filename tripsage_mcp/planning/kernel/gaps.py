"""The cheapest place in a route for one node more."""

from tripsage_mcp.planning.kernel.data import (
    ADDED,
    AFLOAT,
    ANYWHERE,
    ARRIVAL,
    ARRIVE_AT,
    AT,
    BACK,
    COST,
    COUNT,
    COUNTERS,
    DAY_CAP,
    DAY_MONEY,
    DAY_OF,
    DAY_WALK,
    DAYS,
    FARES,
    INFINITE,
    INTO,
    LAST,
    LATEST,
    LEAVE,
    LEAVE_FROM,
    MINUTES,
    NODES,
    OPENS,
    ORDERED,
    ORDERS,
    OUT,
    PAYS,
    PLACES,
    RIVALS,
    ROUTE_MONEY,
    ROUTE_VERSION,
    ROUTE_WALK,
    SIMPLE,
    SPREAD,
    SPREADS,
    STAMP,
    STAY,
    STOP,
    TABLE,
    TALLY,
    TIED,
    TIES,
    TRAVEL_PRICE,
    WALKING,
    WALKS,
    WIDTH,
    WORTH,
    Ints,
)
from tripsage_mcp.planning.kernel.hours import arrive, open_from


def welcome(m: Ints, s: Ints, b: int, k: int) -> int:
    """Return what one node more gains for being one more sight of the day."""
    if m[COUNTERS] == 0 or m[m[TIED] + k] == m[m[TIED] + k + 1] or m[m[TIES] + m[m[TIED] + k]] != 0:
        return 0
    sights = s[s[TALLY] + b * m[COUNTERS]]
    if sights + 1 >= m[SPREADS]:
        return 0
    return m[m[SPREAD] + sights + 1] - m[m[SPREAD] + sights]


def has_room(m: Ints, s: Ints, b: int, k: int) -> bool:
    """Tell whether the counters of a day allow one node more."""
    caps = b % m[DAYS] * m[COUNTERS]
    for c in range(m[m[TIED] + k], m[m[TIED] + k + 1]):
        if s[s[TALLY] + b * m[COUNTERS] + m[m[TIES] + c]] >= m[m[DAY_CAP] + caps + m[m[TIES] + c]]:
            return False
    return True


def may_join(m: Ints, s: Ints, b: int, k: int) -> bool:
    """Begin afresh what is known of a node and a buffer; tell whether its day may have it."""
    slot = b * m[NODES] + k
    s[s[STAMP] + slot] = s[s[ROUTE_VERSION] + b]
    s[s[ADDED] + slot] = INFINITE
    if m[m[LAST] + b % m[DAYS] * m[NODES] + k] < 0:
        return False
    return m[m[TIED] + k] == m[m[TIED] + k + 1] or has_room(m, s, b, k)


def fit(m: Ints, s: Ints, b: int, k: int) -> None:
    """Note the least time a node adds to a buffer's route, and after which position."""
    if not may_join(m, s, b, k):
        return
    low = 0
    high = s[s[COUNT] + b]
    if m[ORDERS]:
        r = b % m[DAYS]
        for c in range(m[m[ORDERED] + k], m[m[ORDERED] + k + 1]):
            rival = m[m[RIVALS] + c]
            other = rival if rival >= 0 else -rival - 1
            on = s[s[DAY_OF] + other]
            if on < 0:
                continue
            if on != r:
                if (on > r) == (rival >= 0):
                    return
                continue
            for q in range(1, s[s[COUNT] + b] + 1):
                if s[s[STOP] + b * m[WIDTH] + q] == other:
                    if rival >= 0:
                        low = max(low, q)
                    else:
                        high = min(high, q - 1)
    scan(m, s, b, k, low, high)


def refit(m: Ints, s: Ints, b: int, k: int, gap: int, new: int) -> None:
    """Do what `fit` does after one more stop, looking at few gaps.

    The best gap until now is nearly always the best still, or one beside the new stop is.

    Args:
        m: The problem.
        s: The memory.
        b: The buffer.
        k: The node.
        gap: Position after which it fitted best before.
        new: Position after which the new stop went.
    """
    if not may_join(m, s, b, k):
        return
    if gap != new:
        gap += 1 if gap > new else 0
        scan(m, s, b, k, gap, gap)
        if s[s[ADDED] + b * m[NODES] + k] < INFINITE:
            scan(m, s, b, k, new, new + 1)
            return
    scan(m, s, b, k, 0, s[s[COUNT] + b])


def scan(m: Ints, s: Ints, b: int, k: int, low: int, high: int) -> None:
    """Note where a node adds least time among the gaps after positions `low` to `high`."""
    if not m[SIMPLE]:
        scan_any(m, s, b, k, low, high)
        return
    base = b * m[WIDTH]
    spot = b % m[DAYS] * m[NODES] + k
    slot = b * m[NODES] + k
    leave = s[LEAVE] + base
    latest = s[LATEST] + base + 1
    arrival = s[ARRIVAL] + base + 1
    out = s[OUT] + base
    into = s[INTO] + base + 1
    row = s[s[TABLE] + b] * m[PLACES] * m[PLACES]
    to_k = m[BACK] + row + m[m[ARRIVE_AT] + k] * m[PLACES]
    from_k = m[MINUTES] + row + m[m[LEAVE_FROM] + k] * m[PLACES]
    first = m[m[OPENS] + spot]
    last = m[m[LAST] + spot]
    stay = m[m[STAY] + k]
    # Before these gaps the next stop is due too early.
    while low < high and s[latest + low] < first + stay:
        low += 1
    least = s[s[ADDED] + slot]
    where = -1
    for q in range(low, high + 1):
        left = s[leave + q]
        moment = left + m[to_k + s[out + q]]
        if moment > last:
            if left > last:
                break
            continue
        moment = max(moment, first) + stay + m[from_k + s[into + q]]
        if moment <= s[latest + q]:
            moment -= s[arrival + q]
            if moment < least:
                least = moment
                where = q
    if where >= 0:
        s[s[ADDED] + slot] = least
        s[s[AT] + slot] = where


def detour(m: Ints, square: int, here: int, k: int, there: int) -> int:
    """Return what going from here to there by way of a node adds; `square` begins a matrix."""
    if m[m[ARRIVE_AT] + k] == ANYWHERE:
        return 0
    to = square + here * m[PLACES] + m[m[ARRIVE_AT] + k]
    onward = square + m[m[LEAVE_FROM] + k] * m[PLACES] + there
    return m[to] + m[onward] - m[square + here * m[PLACES] + there]


def spends_too_much(m: Ints, s: Ints, b: int, k: int, q: int, there: int) -> bool:
    """Tell whether a node after position q walks or costs more than its day has left."""
    here = s[s[OUT] + q]
    square = s[s[TABLE] + b] * m[PLACES] * m[PLACES]
    walk = s[s[ROUTE_WALK] + b]
    money = s[s[ROUTE_MONEY] + b] + m[m[COST] + k]
    if s[s[COUNT] + b] == 0:
        # A day without stops goes nowhere, but its first stop is charged for the way home too.
        walk += m[m[WALKING] + square + here * m[PLACES] + there]
        money += m[m[FARES] + square + here * m[PLACES] + there]
    walk += detour(m, m[WALKING] + square, here, k, there)
    money += detour(m, m[FARES] + square, here, k, there)
    r = b % m[DAYS]
    return walk > m[m[DAY_WALK] + r] or money > m[m[DAY_MONEY] + r]


def scan_any(m: Ints, s: Ints, b: int, k: int, low: int, high: int) -> None:
    """Do what `scan` does where legs have prices, buckets or fares, or stops have no place."""
    r = b % m[DAYS]
    spot = r * m[NODES] + k
    slot = b * m[NODES] + k
    base = b * m[WIDTH]
    table = s[s[TABLE] + b]
    last = m[m[LAST] + spot]
    to = m[m[ARRIVE_AT] + k]
    gain = m[m[WORTH] + spot] + welcome(m, s, b, k)
    for q in range(base + low, base + high + 1):
        left = s[s[LEAVE] + q]
        if left > last:
            break
        here = s[s[OUT] + q]
        arrival = left if to == ANYWHERE else arrive(m, table, left, here, to)
        moment = open_from(m, spot, arrival)
        if moment < 0:
            continue
        moment += m[m[STAY] + k]
        following = q + 1
        while s[s[AFLOAT] + following] == 1 and moment >= 0:
            # What is made anywhere moves along with the stop before it.
            afloat = s[s[STOP] + following]
            moment = open_from(m, r * m[NODES] + afloat, moment)
            moment = -1 if moment < 0 else moment + m[m[STAY] + afloat]
            following += 1
        if moment < 0:
            continue
        there = s[s[INTO] + following]
        onward = here if to == ANYWHERE else m[m[LEAVE_FROM] + k]
        after = arrive(m, table, moment, onward, there)
        added = after - s[s[ARRIVAL] + following]
        if after > s[s[LATEST] + following] or added >= s[s[ADDED] + slot]:
            continue
        on_way = arrival - left + after - moment
        on_way -= s[s[ARRIVAL] + following] - s[s[LEAVE] + following - 1]
        if m[TRAVEL_PRICE] * on_way >= gain:
            continue
        if (m[WALKS] or m[PAYS]) and spends_too_much(m, s, b, k, q, there):
            continue
        s[s[ADDED] + slot] = added
        s[s[AT] + slot] = q - base
