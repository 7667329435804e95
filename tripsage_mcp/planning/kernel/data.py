"""What the kernel reads and writes: three flat sequences, lists or NumPy arrays alike.

`m` is the problem and never written, `s` the search's memory, `f` the fractions of both. Each of
`m` and `s` begins with single numbers and, after them, the offsets at which its arrays begin, so
that element i of the array `STAY` is `m[m[STAY] + i]`. Compiled code passes three sequences around
much faster than fifty, and one rule holds for both ways to run.

A *node* is a candidate in one role (lunch or dinner, ideal or short visit). Days have two *buffers*
each, numbered `slot * days + day`: one holds the current route, the other the one being tried, so
that taking a round back costs nothing. A position of a route is 0 for the start of the day, 1 to n
for its stops, n + 1 for its end. Values are points of score times `encode.POINT`.

Numbers of `m`: how many nodes, days, positions of a buffer (WIDTH), locations (PLACES), windows of
a node on one day at most (SPANS), buckets of time, tables of legs, counters, near nodes (REACH);
the longest string taken out (LONGEST); whether legs and windows have nothing special (SIMPLE:
0 or 1, or where the rows of `sweep.widen` begin), walking is limited (WALKS), money is (PAYS),
pairs have an order (ORDERS); prices of a minute on the way and waited; limits of the whole trip.

Arrays of `m`:
    MINUTES per (table, bucket, i, j), BACK the same transposed;
    WALKING, FARES per (table, i, j);
    STARTS: first minute of each bucket, and one beyond the last;
    ARRIVE_AT, LEAVE_FROM: locations per node, or ANYWHERE; STAY, COST, FIXED per node;
    OPENS, CLOSES: first and last start per (day, node, span), a close of -1 for none;
    LAST: latest start per (day, node), -1 when closed; WORTH: value per (day, node);
    TIED: offsets into TIES per node: the counters it adds one to;
    DAY_CAP per (day, counter), TRIP_CAP per counter; MILD, MILD_PRICE per counter: how many a day
    holds gladly, and the price of each one more; SPREAD: worth of the first n sights of a day,
    which counter 0 counts;
    ORDERED: offsets into RIVALS per node: nodes that must be before it (r) or after it (-r - 1);
    DAY_...: limits and ends per day; NEAR: nearest nodes per node, itself first;
    POWERED (in `f`): points to the power of each exponent per (exponent, day, node);
    NEGLOG (in `f`): -ln of the middle of each of 1024 equal parts of 0 to 1.

Arrays of `s`:
    STOP, INTO, OUT, AFLOAT, ARRIVAL, LEAVE, LATEST per (buffer, position): the node, the locations
    one arrives at and leaves from, whether it is made anywhere, the arrival, the earliest
    departure, the latest arrival that keeps the rest feasible;
    COUNT, ROUTE_..., TABLE per buffer; TALLY per (buffer, counter);
    ADDED, AT, STAMP per (buffer, node): the least time an insertion adds, after which position,
    and the version of the buffer these were computed for;
    CURRENT, WORK per day: the buffer that is kept, and the one being tried;
    DAY_OF per node: its day in the plan being tried, or -1; TOTAL per counter, in that plan;
    FREE: nodes that may still be inserted; OFFER (in `f`), OFFER_DAY: the best of each;
    NOISE (in `f`): the factor by which a node is over- or undervalued this round.
"""

type Ints = list[int]
type Floats = list[float]

INFINITE = 1 << 60
"""An added time that no insertion has."""
ANYWHERE = -1
"""The location of a stop that is made wherever the traveller is."""

(
    NODES, DAYS, WIDTH, PLACES, SPANS, BUCKETS, TABLES, COUNTERS, REACH, LONGEST, SIMPLE,
    WALKS, PAYS, ORDERS, TRAVEL_PRICE, WAIT_PRICE, FREE_WAIT, TRIP_MONEY, TRIP_WALK,
    SPREADS, MINUTES, BACK, WALKING, FARES, STARTS, ARRIVE_AT, LEAVE_FROM, STAY, OPENS, CLOSES,
    LAST, WORTH, COST, FIXED, TIED, TIES, DAY_CAP, TRIP_CAP, MILD, MILD_PRICE, SPREAD, ORDERED,
    RIVALS, DAY_OPEN, DAY_CLOSE, DAY_FROM, DAY_TO, DAY_MONEY, DAY_WALK, NEAR, POWERED, NEGLOG,
) = range(52)  # fmt: skip
(
    VERSION, VALUE, SPENT, WALKED, SEED, BEST, FREED, STALL, STOP, INTO, OUT, AFLOAT, ARRIVAL,
    LEAVE, LATEST, COUNT, ROUTE_VALUE, ROUTE_WALK, ROUTE_MONEY, TABLE, ROUTE_VERSION, TALLY,
    ADDED, AT, STAMP, CURRENT, WORK, DAY_OF, FREE, OFFER_DAY, TOTAL, BEST_STOP, BEST_COUNT,
    BEST_TABLE, OFFER, NOISE,
) = range(36)  # fmt: skip
