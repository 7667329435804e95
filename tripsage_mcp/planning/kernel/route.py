"""One route in a buffer: its times, what it takes of the limits, and its worth."""

from tripsage_mcp.planning.kernel.data import (
    AFLOAT,
    ANYWHERE,
    ARRIVAL,
    ARRIVE_AT,
    COST,
    COUNT,
    COUNTERS,
    DAY_CLOSE,
    DAY_FROM,
    DAY_MONEY,
    DAY_OPEN,
    DAY_TO,
    DAY_WALK,
    DAYS,
    FARES,
    FREE_WAIT,
    INTO,
    LATEST,
    LEAVE,
    LEAVE_FROM,
    MILD,
    MILD_PRICE,
    NODES,
    OUT,
    PAYS,
    PLACES,
    ROUTE_MONEY,
    ROUTE_VALUE,
    ROUTE_VERSION,
    ROUTE_WALK,
    SPENT,
    SPREAD,
    SPREADS,
    STAY,
    STOP,
    TABLE,
    TALLY,
    TIED,
    TIES,
    TOTAL,
    TRAVEL_PRICE,
    VERSION,
    WAIT_PRICE,
    WALKED,
    WALKING,
    WALKS,
    WIDTH,
    WORTH,
    Ints,
)
from tripsage_mcp.planning.kernel.hours import arrive, depart, open_from, open_until


def lay(m: Ints, s: Ints, b: int) -> bool:
    """Compute everything a buffer says of its stops; return whether they keep every limit."""
    r = b % m[DAYS]
    s[VERSION] += 1
    s[s[ROUTE_VERSION] + b] = s[VERSION]
    if not lay_times(m, s, b):
        return False
    lay_uses(m, s, b)
    lay_value(m, s, b)
    lay_latest(m, s, b)
    return (
        s[s[ROUTE_WALK] + b] <= m[m[DAY_WALK] + r] and s[s[ROUTE_MONEY] + b] <= m[m[DAY_MONEY] + r]
    )


def lay_times(m: Ints, s: Ints, b: int) -> bool:
    """Compute arrivals and departures; return False when a window or the day's end is missed."""
    r = b % m[DAYS]
    base = b * m[WIDTH]
    end = base + s[s[COUNT] + b] + 1
    table = s[s[TABLE] + b]
    moment = m[m[DAY_OPEN] + r]
    here = m[m[DAY_FROM] + r]
    s[s[ARRIVAL] + base] = moment
    s[s[LEAVE] + base] = moment
    s[s[OUT] + base] = here
    s[s[AFLOAT] + base] = 0
    for q in range(base + 1, end):
        k = s[s[STOP] + q]
        to = m[m[ARRIVE_AT] + k]
        if to == ANYWHERE:
            s[s[AFLOAT] + q] = 1
            s[s[INTO] + q] = here
        else:
            s[s[AFLOAT] + q] = 0
            s[s[INTO] + q] = to
            moment = arrive(m, table, moment, here, to)
            here = m[m[LEAVE_FROM] + k]
        s[s[OUT] + q] = here
        s[s[ARRIVAL] + q] = moment
        start = open_from(m, r * m[NODES] + k, moment)
        if start < 0:
            return False
        moment = start + m[m[STAY] + k]
        s[s[LEAVE] + q] = moment
    to = m[m[DAY_TO] + r]
    moment = arrive(m, table, moment, here, to)
    s[s[INTO] + end] = to
    s[s[AFLOAT] + end] = 0
    s[s[ARRIVAL] + end] = moment
    s[s[LATEST] + end] = m[m[DAY_CLOSE] + r]
    return moment <= m[m[DAY_CLOSE] + r] or end == base + 1


def lay_uses(m: Ints, s: Ints, b: int) -> None:
    """Add up what a route takes of every limit; a day without stops takes nothing."""
    base = b * m[WIDTH]
    n = s[s[COUNT] + b]
    for c in range(b * m[COUNTERS], (b + 1) * m[COUNTERS]):
        s[s[TALLY] + c] = 0
    walk = 0
    money = 0
    square = s[s[TABLE] + b] * m[PLACES] * m[PLACES]
    for q in range(base + 1, base + n + 1):
        k = s[s[STOP] + q]
        money += m[m[COST] + k]
        for c in range(m[m[TIED] + k], m[m[TIED] + k + 1]):
            s[s[TALLY] + b * m[COUNTERS] + m[m[TIES] + c]] += 1
    if n > 0 and (m[WALKS] or m[PAYS]):
        for q in range(base + 1, base + n + 2):
            if s[s[AFLOAT] + q] == 0:
                leg = square + s[s[OUT] + q - 1] * m[PLACES] + s[s[INTO] + q]
                walk += m[m[WALKING] + leg]
                money += m[m[FARES] + leg]
    s[s[ROUTE_WALK] + b] = walk
    s[s[ROUTE_MONEY] + b] = money


def lay_value(m: Ints, s: Ints, b: int) -> None:
    """Add up what a route is worth, less what is unpleasant about it."""
    base = b * m[WIDTH]
    worth = m[WORTH] + b % m[DAYS] * m[NODES]
    end = base + s[s[COUNT] + b] + 1
    value = 0
    on_way = s[s[ARRIVAL] + end] - s[s[LEAVE] + end - 1]
    waited = 0
    for q in range(base + 1, end):
        k = s[s[STOP] + q]
        value += m[worth + k]
        on_way += s[s[ARRIVAL] + q] - s[s[LEAVE] + q - 1]
        wait = s[s[LEAVE] + q] - m[m[STAY] + k] - s[s[ARRIVAL] + q]
        waited += max(0, wait - m[FREE_WAIT])
    value -= m[TRAVEL_PRICE] * on_way + m[WAIT_PRICE] * waited
    for c in range(m[COUNTERS]):
        over = s[s[TALLY] + b * m[COUNTERS] + c] - m[m[MILD] + c]
        if over > 0:
            value -= over * m[m[MILD_PRICE] + c]
    if m[COUNTERS] > 0:
        value += m[m[SPREAD] + min(s[s[TALLY] + b * m[COUNTERS]], m[SPREADS] - 1)]
    s[s[ROUTE_VALUE] + b] = value


def lay_latest(m: Ints, s: Ints, b: int) -> None:
    """Compute by when each stop must be reached."""
    base = b * m[WIDTH]
    hours = b % m[DAYS] * m[NODES]
    moment = m[m[DAY_CLOSE] + b % m[DAYS]]
    for q in range(base + s[s[COUNT] + b], base, -1):
        if s[s[AFLOAT] + q + 1] == 0:
            moment = depart(m, s[s[TABLE] + b], moment, s[s[OUT] + q], s[s[INTO] + q + 1])
        k = s[s[STOP] + q]
        moment = open_until(m, hours + k, moment - m[m[STAY] + k])
        s[s[LATEST] + q] = moment


def count_day(m: Ints, s: Ints, b: int, sign: int) -> None:
    """Add what a buffer uses up to the totals of the trip, or take it away."""
    s[SPENT] += sign * s[s[ROUTE_MONEY] + b]
    s[WALKED] += sign * s[s[ROUTE_WALK] + b]
    for c in range(m[COUNTERS]):
        s[s[TOTAL] + c] += sign * s[s[TALLY] + b * m[COUNTERS] + c]


def insert(m: Ints, s: Ints, b: int, k: int, at: int) -> bool:
    """Put a node after position `at` of a buffer; return whether that keeps every limit."""
    base = b * m[WIDTH]
    n = s[s[COUNT] + b]
    for q in range(base + n, base + at, -1):
        s[s[STOP] + q + 1] = s[s[STOP] + q]
    s[s[STOP] + base + at + 1] = k
    s[s[COUNT] + b] = n + 1
    return lay(m, s, b)


def take_out(m: Ints, s: Ints, b: int, at: int) -> None:
    """Remove the stop after position `at`; the caller lays the route anew."""
    base = b * m[WIDTH]
    for q in range(base + at + 1, base + s[s[COUNT] + b]):
        s[s[STOP] + q] = s[s[STOP] + q + 1]
    s[s[COUNT] + b] -= 1
