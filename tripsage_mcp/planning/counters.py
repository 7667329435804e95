"""What there may be only so many of, as the kernel counts it."""

from itertools import chain

from tripsage_mcp.planning.problem import Problem
from tripsage_mcp.planning.roles import REST, SIGHT, Role, slot_name
from tripsage_mcp.planning.units import FOREVER, POINT


def offsets(lists: list[list[int]]) -> list[int]:
    """Return where each list begins when they stand one after another, and where all end."""
    found = [0]
    for one in lists:
        found.append(found[-1] + len(one))
    return found


class Counters:
    """What there may be only so many of: 0 is the sights of a day."""

    def __init__(self, problem: Problem, nodes: list[Role]) -> None:
        self.day_cap: list[list[int]] = []
        self.trip_cap: list[int] = []
        self.mild: list[int] = []
        self.mild_price: list[int] = []
        self.spread: list[int] = [0]
        self._of: list[list[int]] = [[] for _ in nodes]
        self._problem, self._nodes = problem, nodes
        self._pace()
        self._slots()
        self._groups()
        self._once()
        self.tied = offsets(self._of)
        self.ties = list(chain.from_iterable(self._of))

    def _add(
        self,
        members: list[int],
        *,
        day: int | list[int] = FOREVER,
        trip: int = FOREVER,
        mild: tuple[int, float] = (FOREVER, 0.0),
    ) -> None:
        number = len(self.day_cap)
        days = len(self._problem.days)
        self.day_cap.append([day] * days if isinstance(day, int) else day)
        self.trip_cap.append(trip)
        self.mild.append(mild[0])
        self.mild_price.append(round(mild[1] * POINT))
        for k in members:
            self._of[k].append(number)

    def _pace(self) -> None:
        sights = [k for k, node in enumerate(self._nodes) if node.slot == SIGHT]
        for bonus in self._problem.weights.spread:
            self.spread.append(self.spread[-1] + round(bonus * POINT))
        caps = [day.max_sights for day in self._problem.days]
        if len(self.spread) > 1 or any(cap < len(sights) for cap in caps):
            self._add(sights, day=caps)

    def _slots(self) -> None:
        slots: dict[str, list[int]] = {}
        for k, node in enumerate(self._nodes):
            if node.slot >= 0 or node.slot == REST:
                slots.setdefault(slot_name(self._problem, node), []).append(k)
        if slots and not self.day_cap:
            self._add([])
        for members in slots.values():
            self._add(members, day=1)

    def _groups(self) -> None:
        weights = self._problem.weights
        caps = {cap.group: cap for cap in self._problem.group_caps}
        groups: dict[str, list[int]] = {}
        for k, node in enumerate(self._nodes):
            c = node.candidate
            if c is not None and c.group is not None and c.pinned is None:
                groups.setdefault(c.group, []).append(k)
        for group, members in sorted(groups.items()):
            cap = caps.get(group)
            limits = [x for x in (cap and cap.per_day, cap and cap.per_trip) if x is not None]
            if len(members) <= weights.same_group and not limits:
                continue
            if not self.day_cap:
                self._add([])
            per_day = None if cap is None else cap.per_day
            per_trip = None if cap is None else cap.per_trip
            self._add(
                members,
                day=FOREVER if per_day is None else per_day,
                trip=FOREVER if per_trip is None else per_trip,
                mild=(weights.same_group, weights.same_group_price),
            )

    def _once(self) -> None:
        by_key: dict[str, list[int]] = {}
        for k, node in enumerate(self._nodes):
            if node.candidate is not None:
                by_key.setdefault(node.key, []).append(k)
        for members in by_key.values():
            if len(members) > 1:
                if not self.day_cap:
                    self._add([])
                self._add(members, trip=1)
        for keys in self._problem.exclusive:
            members = [k for key in sorted(keys) for k in by_key.get(key, ())]
            if not self.day_cap:
                self._add([])
            self._add(members, trip=1)
