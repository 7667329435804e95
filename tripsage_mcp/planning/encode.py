"""From a problem to the kernel's flat sequences."""

import math
from dataclasses import dataclass
from itertools import chain

from tripsage_mcp.planning.counters import Counters, offsets
from tripsage_mcp.planning.kernel import data
from tripsage_mcp.planning.kernel.data import Floats, Ints
from tripsage_mcp.planning.problem import UNREACHABLE, Problem
from tripsage_mcp.planning.roles import Role
from tripsage_mcp.planning.units import FOREVER, POINT
from tripsage_mcp.planning.ways import Ways, ways

EXPONENTS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
_LOGS = 1024
_REACH = 120
_HALF_A_DAY, _LONG = 4, 6
_MASK = 0xFFFFFFFF


def encode(problem: Problem, nodes: list[Role]) -> tuple[tuple[Ints, Floats], Ways]:
    """Return the model of a problem in lists, and the modes of its legs."""
    size, buckets, days = len(problem.travel), len(problem.buckets), len(problem.days)
    legs = ways(problem)
    counters = Counters(problem, nodes)
    weights = problem.weights
    minutes = list(chain.from_iterable(legs.minutes))
    spans = max((len(of_day) for node in nodes for of_day in node.starts), default=1) or 1
    opens, closes, last = _hours(nodes, days, spans)
    walks = (
        any(map(any, problem.walking)) or any(any(map(any, m.walking)) for m in problem.modes)
    ) and (problem.max_walk is not None or any(_binds(day.max_walk) for day in problem.days))
    pays = problem.budget is not None or any(d.max_spend is not None for d in problem.days)
    travel_price = round(weights.travel * POINT)
    simple = (
        not (walks or pays)
        and (buckets, spans) == (1, 1)
        and all(node.candidate is not None for node in nodes)
        # Too little to ever make a visit not worth its way: it only decides between equals.
        and travel_price * _longest_way(problem) < POINT
    )
    ordered, rivals = _order(problem, nodes)
    near, reach = _near(problem, nodes, legs.minutes[0][: size * size])
    numbers = {
        data.NODES: len(nodes),
        data.DAYS: days,
        data.WIDTH: len(nodes) + 3,
        data.PLACES: size,
        data.SPANS: spans,
        data.BUCKETS: buckets,
        data.TABLES: len(legs.minutes),
        data.COUNTERS: len(counters.day_cap),
        data.REACH: reach,
        data.LONGEST: _HALF_A_DAY if days > _HALF_A_DAY else _LONG,
        data.SIMPLE: simple,
        data.WALKS: walks,
        data.PAYS: pays,
        data.ORDERS: bool(rivals),
        data.TRAVEL_PRICE: travel_price,
        data.WAIT_PRICE: round(weights.wait * POINT),
        data.FREE_WAIT: weights.free_wait,
        data.TRIP_MONEY: FOREVER if problem.budget is None else problem.budget,
        data.TRIP_WALK: FOREVER if problem.max_walk is None else problem.max_walk,
        data.SPREADS: len(counters.spread),
    }
    arrays = {
        data.MINUTES: minutes,
        data.BACK: _transposed(minutes, size),
        data.WALKING: list(chain.from_iterable(legs.walking)),
        data.FARES: list(chain.from_iterable(legs.fares)),
        data.STARTS: [*problem.buckets, FOREVER],
        data.ARRIVE_AT: [node.location for node in nodes],
        data.LEAVE_FROM: [node.end_location for node in nodes],
        data.STAY: [node.minutes for node in nodes],
        data.OPENS: opens,
        data.CLOSES: closes,
        data.LAST: last,
        data.WORTH: [round(node.points[day] * POINT) for day in range(days) for node in nodes],
        data.COST: [node.cost for node in nodes],
        data.FIXED: [int(node.fixed) for node in nodes],
        data.TIED: counters.tied,
        data.TIES: counters.ties,
        data.DAY_CAP: [of_day[day] for day in range(days) for of_day in counters.day_cap],
        data.TRIP_CAP: counters.trip_cap,
        data.MILD: counters.mild,
        data.MILD_PRICE: counters.mild_price,
        data.SPREAD: counters.spread,
        data.ORDERED: ordered,
        data.RIVALS: rivals,
        data.DAY_OPEN: [day.start for day in problem.days],
        data.DAY_CLOSE: [day.end for day in problem.days],
        data.DAY_FROM: [day.start_location for day in problem.days],
        data.DAY_TO: [day.end_location for day in problem.days],
        data.DAY_MONEY: [FOREVER if d.max_spend is None else d.max_spend for d in problem.days],
        data.DAY_WALK: [day.max_walk for day in problem.days],
        data.NEAR: near,
    }
    fractions = {
        data.POWERED: [
            max(node.points[day], 0.001) ** e
            for e in EXPONENTS
            for day in range(days)
            for node in nodes
        ],
        data.NEGLOG: [-math.log((i + 0.5) / _LOGS) for i in range(_LOGS)],
    }
    return _packed(numbers, arrays, fractions), legs


@dataclass(frozen=True, slots=True)
class Memory:
    """The kernel's sequences for one search."""

    m: Ints
    s: Ints
    f: Floats


def memory(model: tuple[Ints, Floats], seed: int) -> Memory:
    """Return the empty state of a search, in lists."""
    m, fractions = model
    nodes, days, counters = m[data.NODES], m[data.DAYS], m[data.COUNTERS]
    both = 2 * days
    wide = both * m[data.WIDTH]
    numbers = dict.fromkeys(
        (data.VERSION, data.VALUE, data.SPENT, data.WALKED, data.BEST, data.FREED, data.STALL), 0
    )
    numbers[data.SEED] = ((seed * 2654435761 + 0x9E3779B9) & _MASK) or 1
    per_stop = (data.STOP, data.INTO, data.OUT, data.AFLOAT, data.ARRIVAL, data.LEAVE, data.LATEST)
    per_buffer = (
        data.COUNT, data.ROUTE_VALUE, data.ROUTE_WALK, data.ROUTE_MONEY, data.TABLE,
        data.ROUTE_VERSION,
    )  # fmt: skip
    arrays = {
        **{name: [0] * wide for name in per_stop},
        **{name: [0] * both for name in per_buffer},
        data.TALLY: [0] * (both * counters),
        **{name: [0] * (both * nodes) for name in (data.ADDED, data.AT, data.STAMP)},
        data.CURRENT: list(range(days)),
        data.WORK: list(range(days)),
        data.DAY_OF: [-1] * nodes,
        data.FREE: [0] * nodes,
        data.OFFER_DAY: [0] * nodes,
        data.TOTAL: [0] * counters,
        data.BEST_STOP: [0] * (days * m[data.WIDTH]),
        data.BEST_COUNT: [0] * days,
        data.BEST_TABLE: [0] * days,
    }
    s, f = _packed(numbers, arrays, {data.OFFER: [0.0] * nodes, data.NOISE: [1.0] * nodes})
    # The fractions of the state come after those of the model.
    for name in (data.OFFER, data.NOISE):
        s[name] += len(fractions)
    return Memory(m, s, [*fractions, *f])


def _packed(
    numbers: dict[int, int], arrays: dict[int, Ints], fractions: dict[int, Floats]
) -> tuple[Ints, Floats]:
    """Return numbers, offsets and arrays in one sequence, and the fractions in another."""
    packed = [0] * (len(numbers) + len(arrays) + len(fractions))
    for name, number in numbers.items():
        packed[name] = int(number)
    for name, values in arrays.items():
        packed[name] = len(packed)
        packed += values
    floats: Floats = []
    for name, values in fractions.items():
        packed[name] = len(floats)
        floats += values
    return packed, floats


def _binds(minutes: int) -> bool:
    return minutes < UNREACHABLE


def _longest_way(problem: Problem) -> int:
    return max((d.end - d.start for d in problem.days), default=0)


def _transposed(minutes: list[int], size: int) -> list[int]:
    found: list[int] = []
    for base in range(0, len(minutes), size * size):
        for j in range(size):
            found += minutes[base + j : base + size * size : size]
    return found


def _hours(nodes: list[Role], days: int, spans: int) -> tuple[list[int], list[int], list[int]]:
    opens: list[int] = []
    closes: list[int] = []
    last: list[int] = []
    for day in range(days):
        for node in nodes:
            starts = node.starts[day]
            more = spans - len(starts)
            opens += [*(o for o, _ in starts), *([0] * more)]
            closes += [*(c for _, c in starts), *([-1] * more)]
            last.append(max((c for _, c in starts), default=-1))
    return opens, closes, last


def _near(problem: Problem, nodes: list[Role], minutes: list[int]) -> tuple[list[int], int]:
    """Return for each node the nearest ones, itself first."""
    size = len(problem.travel)
    at: list[list[int]] = [[] for _ in range(size)]
    afloat: list[int] = []
    for k, node in enumerate(nodes):
        (at[node.location] if node.candidate is not None else afloat).append(k)
    reach = min(len(nodes), _REACH)
    used = [i for i in range(size) if at[i]]
    around: dict[int, list[int]] = {}
    for i in used:
        row = minutes[i * size : (i + 1) * size]
        ranked = sorted(used, key=row.__getitem__)
        around[i] = [*chain.from_iterable(at[j] for j in ranked), *afloat]
    near: list[int] = []
    for k, node in enumerate(nodes):
        if node.candidate is None:
            others = [j for j in range(len(nodes)) if j != k]
        else:
            others = [j for j in around[node.location][: reach + 1] if j != k]
        near += [k, *others[: reach - 1]]
    return near, reach


def _order(problem: Problem, nodes: list[Role]) -> tuple[list[int], list[int]]:
    """Return per node what must come before it (r) or after it (-r - 1)."""
    by_key: dict[str, list[int]] = {}
    for k, node in enumerate(nodes):
        by_key.setdefault(node.key, []).append(k)
    of: list[list[int]] = [[] for _ in nodes]
    for first, second in problem.before:
        for a in by_key.get(first, ()):
            for b in by_key.get(second, ()):
                of[b].append(a)
                of[a].append(-b - 1)
    return offsets(of), list(chain.from_iterable(of))
