"""Random itineraries with nothing wrong, and the facts they are right by."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Booking,
    Commitment,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    Need,
    Pace,
    at_wall_minute,
    with_ids,
)
from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.place import Accessibility, OpeningHours, OpeningPeriod, Place
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.check_facts import Facts

ZONES = (
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "America/Santiago",
)
# Around changes of the clocks on both halves of the globe, and far from any.
STARTS = tuple(
    date(2027, *day) for day in ((3, 12), (3, 26), (4, 1), (5, 10), (9, 24), (10, 1), (10, 30))
)
DAY_START, DAY_END = 9 * 60, 23 * 60
FIRST_SIGHTS, LUNCH, REST, TOUR, DINNER = 9 * 60 + 30, 12 * 60 + 15, 13 * 60 + 45, 16 * 60, 19 * 60
STAY, AIRPORT = Coordinates(38.7, -9.1), Coordinates(38.8, -9.2)


@dataclass
class Case:
    """An itinerary with the facts it is judged by."""

    itinerary: Itinerary
    facts: Facts

    def items(self, *kinds: ItemKind) -> list[ItineraryItem]:
        """Return the items of some kinds, in time order."""
        return [item for day in self.itinerary.days for item in day.items if item.kind in kinds]


@dataclass
class Town:
    """Makes up places and ways as the days are laid out."""

    random: Random
    zone: ZoneInfo
    needs: tuple[Need, ...]
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    legs: dict[tuple[Coordinates, Coordinates], Leg] = field(
        default_factory=dict[tuple[Coordinates, Coordinates], Leg]
    )

    def spot(self) -> Coordinates:
        number = 1 + len(self.places) + len(self.legs)
        # As exact as maps are: seven decimals.
        return Coordinates(
            round(38.7000053 + number / 10_000, 7), round(-9.1000047 - number / 10_000, 7)
        )

    def way(self, start: Coordinates, end: Coordinates) -> Leg:
        if start == end:
            return Leg("walk", 0)
        known = self.legs.get((start, end))
        if known is None:
            on_foot = "low_walking" not in self.needs and self.random.random() < 0.7
            minutes = self.random.randint(2, 9)
            known = Leg("walk" if on_foot else "transit", minutes, meters=80 * minutes)
            self.legs[start, end] = known
        return known

    def place(self, day: date, opens: int, closes: int) -> Place:
        key = f"p{len(self.places)}"
        periods = tuple(
            OpeningPeriod(weekday, max(0, opens - before), closes + after)
            for weekday in range(7)
            if weekday == day.weekday() or self.random.random() < 0.6
            for before, after in [(self.random.randint(0, 90), self.random.randint(0, 90))]
        )
        made = Place(
            key,
            f"Place {key}",
            self.spot(),
            time_zone=self.zone.key,
            opening_hours=OpeningHours(periods),
            indoor=self.random.choice((True, False, None)),
            visit_minutes=self.random.choice((None, closes - opens)),
            accessibility=Accessibility(entrance=True),
        )
        self.places[key] = made
        return made


@dataclass
class Route:
    """One day as it grows."""

    town: Town
    day: date
    at: Coordinates
    minute: int
    items: list[ItineraryItem] = field(default_factory=list[ItineraryItem])

    def add(
        self, kind: ItemKind, minutes: int, *, where: Coordinates | None = None, start: int = 0
    ) -> ItineraryItem:
        """Go there, wait until `start` if it is early, and stay."""
        random, place = self.town.random, None
        if where is None:
            begin = max(start, self.minute + 10)
            place = self.town.place(self.day, begin, begin + minutes)
            where = place.coordinates
        leg = self.town.way(self.at, where)
        begin = max(start, self.minute + leg.minutes)
        if place is not None:
            begin = max(begin, self.minute + 10)
        item = ItineraryItem(
            kind,
            f"{kind} {self.day}" if place is None else place.name,
            at_wall_minute(self.day, begin, self.town.zone),
            at_wall_minute(self.day, begin + minutes, self.town.zone),
            place_id=None if place is None else place.place_id,
            coordinates=where,
            leg=leg if leg.minutes else None,
        )
        if place is not None:
            booking: Booking | None = random.choice((None, "booked"))
            cost = Money(
                Decimal(random.randint(0, 4_000)).scaleb(-2), random.choice(("EUR", "USD"))
            )
            item = replace(item, booking=booking, cost=cost)
        self.at, self.minute = where, begin + minutes
        self.items.append(item)
        return item


@st.composite
def cases(draw: st.DrawFn, *, days: int | None = None) -> Case:
    """Draw an itinerary in which every rule is kept, and the facts that say so."""
    random = Random(draw(st.integers(0, 1_000_000)))  # noqa: S311
    needs = draw(
        st.lists(
            st.sampled_from(("wheelchair", "stroller", "naps", "low_walking")), unique=True
        ).map(tuple)
    )
    return case(
        random,
        ZoneInfo(draw(st.sampled_from(ZONES))),
        draw(st.sampled_from(STARTS)),
        days or draw(st.integers(1, 4)),
        needs,
    )


def case(random: Random, zone: ZoneInfo, start: date, count: int, needs: tuple[Need, ...]) -> Case:
    """Return an itinerary in which every rule is kept, and the facts that say so."""
    town = Town(random, zone, needs)
    flies = random.random() < 0.7
    days = tuple(
        _day(town, start + timedelta(days=n), n == 0 and flies, n == count - 1 and flies)
        for n in range(count)
    )
    items = [item for day in days for item in day.items]
    kept = tuple(
        Commitment(i.name, i.starts, i.ends, i.kind, i.place_id)
        for i in items
        if i.kind in {"commitment", "arrival", "departure"}
    )
    rate = ExchangeRate("USD", "EUR", Decimal("0.9"), start, "made up")
    costs = [
        i.cost if i.cost.currency == "EUR" else rate.convert(i.cost)
        for i in items
        if i.cost is not None
    ]
    total = sum(costs, Money(Decimal(0), "EUR"))
    visits = [i.name for i in items if i.kind == "visit"]
    pace: Pace = random.choice(("relaxed", "balanced", "packed"))
    itinerary = Itinerary(
        "Town",
        zone.key,
        days,
        pace=pace,
        stay=STAY,
        must_see=tuple(visits[:2]),
        must_not=("Place nowhere",),
        needs=needs,
        budget=total + Money(Decimal(random.randint(0, 50)), "EUR"),
        day_start=DAY_START,
        day_end=DAY_END,
        commitments=kept,
        rest_minutes=60 if "naps" in needs else 0,
    )
    facts = Facts(
        places=town.places,
        travel=town.legs,
        weather={day.date: WeatherDay(day.date, "clear", 24, 14, 10, 0.2, 12.0) for day in days},
        rates={"USD": rate},
        check_in_from=9 * 60,
        check_out_until=11 * 60,
    )
    return Case(with_ids(itinerary), facts)


def _day(town: Town, day: date, lands: bool, leaves: bool) -> ItineraryDay:  # noqa: FBT001
    random = town.random
    route = Route(town, day, STAY, DAY_START)
    airport = AIRPORT
    if lands:
        route.at, route.minute = airport, 6 * 60 + 30
        landing = route.add("arrival", 60 + random.randint(0, 20), where=airport)
        route.items[-1] = replace(landing, airport="LIS")
        town.legs[airport, STAY] = Leg("transit", random.randint(10, 40))
        kind: ItemKind = random.choice(("stay", "check_in"))
        route.add(kind, 15, where=STAY, start=9 * 60)
    if leaves and random.random() < 0.5:
        route.add("check_out", 10, where=STAY)
    route.add("visit", random.randint(30, 50), start=FIRST_SIGHTS)
    route.add("visit", random.randint(30, 40))
    route.add("lunch", random.randint(45, 60), start=LUNCH)
    if "naps" in town.needs or random.random() < 0.3:
        resting = route.add("rest", 75, where=route.at, start=REST)
        if random.random() < 0.5:
            route.items[-1] = replace(resting, coordinates=None)
    if leaves:
        route.add("stay", 15, where=STAY, start=15 * 60 + 30)
        town.legs[STAY, airport] = Leg("transit", random.randint(10, 40))
        leaving = route.add("departure", 120 + random.randint(0, 20), where=airport)
        route.items[-1] = replace(leaving, airport="LIS", name="Fly from LIS")
        return ItineraryDay(day, tuple(route.items))
    tour = route.add("commitment", random.randint(60, 90), start=TOUR)
    route.items[-1] = replace(tour, locked=True, booking="booked")
    if random.random() < 0.5:
        route.add("visit", 30)
    route.add("dinner", random.randint(60, 90), start=DINNER)
    return ItineraryDay(day, tuple(route.items), town.way(route.at, STAY))
