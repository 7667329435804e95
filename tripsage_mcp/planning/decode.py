"""From the kernel's routes back to a plan."""

from tripsage_mcp.planning.encode import Memory
from tripsage_mcp.planning.kernel import data
from tripsage_mcp.planning.kernel.data import Ints
from tripsage_mcp.planning.kernel.hours import arrive, depart, open_from
from tripsage_mcp.planning.kernel.route import lay
from tripsage_mcp.planning.problem import Plan, Stop
from tripsage_mcp.planning.roles import COMMITMENT, Role
from tripsage_mcp.planning.units import POINT
from tripsage_mcp.planning.ways import Ways


def decode(found: Ints, lists: Memory, nodes: list[Role], ways: Ways, rounds: int) -> Plan:
    """Return the best plan of a search.

    Args:
        found: The search's memory, list or array.
        lists: Sequences of the same problem as lists, to be written over.
        nodes: The roles.
        ways: Tells the mode of each leg.
        rounds: How many were made.
    """
    m, s = lists.m, lists.s
    width = m[data.WIDTH]
    days: list[tuple[Stop, ...]] = []
    backs: list[int | None] = []
    for day in range(m[data.DAYS]):
        count = int(found[found[data.BEST_COUNT] + day])
        first = int(found[data.BEST_STOP]) + day * width + 1
        route = [int(k) for k in found[first : first + count]]
        s[s[data.TABLE] + day] = int(found[found[data.BEST_TABLE] + day])
        s[s[data.COUNT] + day] = count
        base = s[data.STOP] + day * width + 1
        s[base : base + count] = route
        lay(m, s, day)
        modes = _modes(m, s, day, ways)
        times = _times(m, s, day, nodes)
        days.append(
            tuple(
                _stop(nodes[k], begin, end, mode)
                for k, (begin, end), mode in zip(route, times, modes, strict=False)
            )
        )
        backs.append(modes[-1])
    return Plan(
        tuple(days),
        int(found[data.BEST]) / POINT,
        iterations=rounds,
        modes_back=tuple(backs) if ways.has_choice else (),
    )


def _stop(node: Role, begin: int, end: int, mode: int | None) -> Stop:
    if node.slot == COMMITMENT:
        begin, end = begin + node.lead, end - node.exit
    return Stop(node.key, begin, end, node.meal, mode, anywhere=node.candidate is None)


def _modes(m: Ints, s: Ints, day: int, ways: Ways) -> list[int | None]:
    """Return the mode of the leg to each stop, and to the end of the day."""
    base, size = day * m[data.WIDTH], m[data.PLACES]
    of_leg = ways.modes[s[s[data.TABLE] + day]]
    found: list[int | None] = []
    for q in range(base + 1, base + s[s[data.COUNT] + day] + 2):
        mode = of_leg[s[s[data.OUT] + q - 1] * size + s[s[data.INTO] + q]]
        found.append(None if mode < 0 or s[s[data.AFLOAT] + q] else mode)
    return found


def _times(m: Ints, s: Ints, day: int, nodes: list[Role]) -> list[tuple[int, int]]:
    """Return the earliest (start, end) of each stay; short visits take what time is left."""
    base, table = day * m[data.WIDTH], s[s[data.TABLE] + day]
    moment = m[m[data.DAY_OPEN] + day]
    found: list[tuple[int, int]] = []
    for q in range(base + 1, base + s[s[data.COUNT] + day] + 1):
        k = s[s[data.STOP] + q]
        if not s[s[data.AFLOAT] + q]:
            moment = arrive(m, table, moment, s[s[data.OUT] + q - 1], s[s[data.INTO] + q])
        begin = open_from(m, day * m[data.NODES] + k, moment)
        moment = begin + m[m[data.STAY] + k]
        until = s[s[data.LATEST] + q + 1]
        if not s[s[data.AFLOAT] + q + 1]:
            until = depart(m, table, until, s[s[data.OUT] + q], s[s[data.INTO] + q + 1])
        moment += max(0, min(until - moment, _longer(nodes[k], day, begin)))
        found.append((begin, moment))
    return found


def _longer(node: Role, day: int, begin: int) -> int:
    """Return how many minutes a short visit may still take."""
    c = node.candidate
    if c is None or node.fixed or node.meal is not None:
        return 0
    closes = max((close for open_, close in c.windows[day] if open_ <= begin <= close), default=0)
    return min(c.minutes, closes - begin) - node.minutes
