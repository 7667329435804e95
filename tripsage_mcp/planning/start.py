"""What is in the plan before the search: commitments, what is kept, and an earlier plan."""

from tripsage_mcp.planning.encode import Memory
from tripsage_mcp.planning.kernel import data
from tripsage_mcp.planning.kernel.data import Ints
from tripsage_mcp.planning.kernel.gaps import fit, has_room
from tripsage_mcp.planning.kernel.rebuild import is_barred
from tripsage_mcp.planning.kernel.route import count_day, insert, lay, take_out
from tripsage_mcp.planning.problem import Plan, Stop
from tripsage_mcp.planning.roles import Role


def fill(lists: Memory, nodes: list[Role], earlier: Plan | None) -> None:
    """Lay every buffer, place what is fixed, then what an earlier plan had where it still fits."""
    m, s = lists.m, lists.s
    for b in range(2 * m[data.DAYS]):
        lay(m, s, b)
    for day in range(m[data.DAYS]):
        fixed = [k for k, node in enumerate(nodes) if node.fixed and node.starts[day]]
        fixed.sort(key=lambda k: (nodes[k].starts[day], k))
        before = [] if earlier is None else _before(nodes, day, fixed, earlier.days[day])
        if not (_give(m, s, day, fixed) or (before and _give(m, s, day, before))):
            for k in fixed:
                _force(m, s, day, [*_route(m, s, day), k])
        count_day(m, s, day, 1)
    # What is booked is paid and walked whatever the limits say; they bind the rest.
    m[data.TRIP_MONEY] = max(m[data.TRIP_MONEY], s[data.SPENT])
    m[data.TRIP_WALK] = max(m[data.TRIP_WALK], s[data.WALKED])
    for day, stops in enumerate(() if earlier is None else earlier.days):
        for stop in stops:
            _try(m, s, day, stop, nodes)


def _route(m: Ints, s: Ints, day: int) -> Ints:
    first = s[data.STOP] + day * m[data.WIDTH] + 1
    return s[first : first + s[s[data.COUNT] + day]]


def _force(m: Ints, s: Ints, day: int, route: Ints) -> None:
    """Give a day a route if that is feasible, raising the limits that it breaks."""
    walk, money = m[data.DAY_WALK] + day, m[data.DAY_MONEY] + day
    limits = m[walk], m[money]
    m[walk] = m[money] = data.INFINITE
    if _give(m, s, day, route):
        limits = (
            max(limits[0], s[s[data.ROUTE_WALK] + day]),
            max(limits[1], s[s[data.ROUTE_MONEY] + day]),
        )
    m[walk], m[money] = limits


def _give(m: Ints, s: Ints, day: int, route: Ints) -> bool:
    """Give a day a route; return False and leave the day as it was when it breaks a rule."""
    old, old_table = _route(m, s, day), s[s[data.TABLE] + day]
    if not any(_lay(m, s, day, route, table) for table in range(m[data.TABLES])):
        _lay(m, s, day, old, old_table)
        return False
    for k in route:
        s[s[data.DAY_OF] + k] = day
    return True


def _lay(m: Ints, s: Ints, day: int, route: Ints, table: int) -> bool:
    first = s[data.STOP] + day * m[data.WIDTH] + 1
    s[first : first + len(route)] = route
    s[s[data.COUNT] + day] = len(route)
    s[s[data.TABLE] + day] = table
    return lay(m, s, day)


def _before(nodes: list[Role], day: int, fixed: Ints, stops: tuple[Stop, ...]) -> Ints:
    """Return an earlier day as a route.

    Where the direct way is the longer one, what is fixed may be in time only by way of the rest.
    """
    route: Ints = []
    for stop in stops:
        able = [k for k, node in enumerate(nodes) if _is(node, stop, day)]
        able.sort(key=lambda k: abs(nodes[k].minutes - (stop.end - stop.start)))
        route += [k for k in able if k in fixed][:1] or able[:1]
    return route


def _try(m: Ints, s: Ints, day: int, stop: Stop, nodes: list[Role]) -> None:
    """Put a stop of an earlier plan where it was, or where it fits best that day, or nowhere."""
    able = [k for k, node in enumerate(nodes) if _is(node, stop, day) and s[s[data.DAY_OF] + k] < 0]
    able.sort(key=lambda k: abs(nodes[k].minutes - (stop.end - stop.start)))
    for k in able:
        if is_barred(m, s, k) or not has_room(m, s, day, k):
            continue
        s[s[data.STAMP] + day * m[data.NODES] + k] = 0
        fit(m, s, day, k)
        slot = day * m[data.NODES] + k
        if s[s[data.ADDED] + slot] >= data.INFINITE:
            continue
        places = [s[s[data.AT] + slot]]
        if m[m[data.ORDERED] + k] == m[m[data.ORDERED] + k + 1]:
            places.insert(0, _after(m, s, day, stop))
        for at in places:
            if _put(m, s, day, k, at):
                return


def _after(m: Ints, s: Ints, day: int, stop: Stop) -> int:
    """Return how many stops already begin before one."""
    base, count = day * m[data.WIDTH], s[s[data.COUNT] + day]
    begins = [
        s[s[data.LEAVE] + base + q] - m[m[data.STAY] + s[s[data.STOP] + base + q]]
        for q in range(1, count + 1)
    ]
    return sum(begin < stop.start for begin in begins)


def _put(m: Ints, s: Ints, day: int, k: int, at: int) -> bool:
    count_day(m, s, day, -1)
    good = (
        insert(m, s, day, k, at)
        and s[data.SPENT] + s[s[data.ROUTE_MONEY] + day] <= m[data.TRIP_MONEY]
        and s[data.WALKED] + s[s[data.ROUTE_WALK] + day] <= m[data.TRIP_WALK]
    )
    if good:
        s[s[data.DAY_OF] + k] = day
    else:
        take_out(m, s, day, at)
        lay(m, s, day)
    count_day(m, s, day, 1)
    return good


def _is(node: Role, stop: Stop, day: int) -> bool:
    return node.key == stop.key and bool(node.starts[day]) and node.meal == stop.meal
