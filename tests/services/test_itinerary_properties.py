"""Whatever is asked for, a plan that is built or revised passes the independent check."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.fakes_itinerary import (
    CENTER,
    NOW,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    airports,
    place,
    weekly,
)
from tests.fakes_rates import FakeRates
from tests.services.test_itinerary_revising import (
    ASKED,
    DAYS,
    blockers,
    items,
    planner,
    request,
    spans,
)
from tripsage_mcp.domain.itinerary import Itinerary
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import Accessibility, OpeningHours, Place, PriceRange
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.services.itineraries.changes import Action, Change
from tripsage_mcp.services.itineraries.promises import CommitmentAsked, StayAsked
from tripsage_mcp.services.itineraries.request import DIETS, BuildRequest
from tripsage_mcp.services.itineraries.service import ItineraryService, ReviseRequest
from tripsage_mcp.views.itinerary import ItineraryView

KINDS = ("museum", "park", "church", "restaurant", "vegan_restaurant", "hotel", "plaza", "market")
LEVELS = (None, "free", "inexpensive", "expensive")
STATUSES = ("operational",) * 8 + ("closed_temporarily", "future")
NEEDS = ("wheelchair", "stroller", "naps", "low_walking")
# Far from any change of the clocks, and around two of them.
STARTS = (date(2027, 5, 10), date(2027, 3, 27), date(2027, 10, 30))


@st.composite
def towns(draw: st.DrawFn) -> list[Place]:
    random = Random(draw(st.integers(0, 10_000)))  # noqa: S311

    def hours() -> OpeningHours | None:
        if random.random() < 0.15:
            return None
        opens = random.randrange(0, 1380, 30)
        closes = opens + random.randrange(30, 900, 30)
        return weekly(opens, closes, random.sample(range(7), random.randint(1, 7)))

    def made(number: int) -> Place:
        spread = random.choice((1.0, 4.0))
        price = Money(Decimal(random.randint(0, 40)), "EUR")
        known = place(
            f"p{number}",
            random.choice(KINDS),
            north=random.gauss(0, spread),
            east=random.gauss(0, spread),
            visit_minutes=random.choice((None, 15, 50, 125)),
        )
        facts: dict[str, Any] = {
            "opening_hours": hours(),
            "price_level": random.choice(LEVELS),
            "price_range": random.choice((None, PriceRange(price))),
            "accessibility": random.choice(
                (None, Accessibility(entrance=True), Accessibility(entrance=False))
            ),
            "status": random.choice(STATUSES),
            "indoor": random.choice((None, True, False)),
        }
        return replace(known, **facts)

    return [made(n) for n in range(draw(st.sampled_from((1, 8, 20, 35))))]


@st.composite
def wishes(draw: st.DrawFn) -> BuildRequest:
    start = draw(st.sampled_from(STARTS))
    count = draw(st.integers(1, 4))
    dates = [start + timedelta(days=n) for n in range(count)]

    def some(*values: Any) -> tuple[Any, ...]:
        return tuple(draw(st.lists(st.sampled_from(values), unique=True, max_size=2)))

    booked = [
        CommitmentAsked(
            name=draw(st.sampled_from(("P3", "Nowhere at all", "Dinner at P5"))),
            date=day,
            start=f"{draw(st.integers(7, 21)):02d}:{draw(st.sampled_from((0, 7, 30))):02d}",
            minutes=draw(st.sampled_from((30, 90, 150))),
            cost=draw(st.sampled_from((None, "30 EUR", "25 USD"))),
        )
        for day in dates
        if draw(st.integers(0, 3)) == 0
    ]
    asked = BuildRequest(
        destination="Lisbon",
        start_date=start,
        end_date=dates[-1],
        interests=some("museum", "park"),
        must_see=some("P1", "P2", "P7"),
        must_not=some("P4", "markets"),
        pace=draw(st.sampled_from((None, "relaxed", "packed"))),
        budget=draw(st.sampled_from((None, "40 EUR", "300 USD"))),
        travellers=draw(st.sampled_from((None, 3))),
        needs=some(*NEEDS),
        diet=some(*DIETS),
        commitments=tuple(booked),
        modes=draw(st.sampled_from(((), ("walk",), ("walk", "transit", "drive")))),
        rest_minutes=draw(st.sampled_from((0, 45))),
    )
    if count > 2 and draw(st.booleans()):
        middle = dates[draw(st.integers(1, count - 2))]
        spots = ((start, middle, 0.0), (middle, dates[-1], 0.05))
        stays = tuple(
            StayAsked(
                latitude=CENTER.latitude + north,
                longitude=CENTER.longitude,
                check_in=since,
                check_out=until,
            )
            for since, until, north in spots
        )
        return replace(asked, stays=stays)
    return asked


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=towns(), asked=wishes(), slower=st.sampled_from((0.5, 1.0, 3.0)), wet=st.booleans())
def test_whatever_is_asked_for_a_built_plan_keeps_every_rule_and_can_be_read_back(
    found: list[Place],
    asked: BuildRequest,
    slower: float,
    wet: bool,  # noqa: FBT001 - drawn
) -> None:
    start = asked.start_date
    assert start is not None
    svc = ItineraryService(
        FakePlaces(found, slower=slower),
        FakeGeocoding(),
        FakeWeather(frozenset({start}) if wet else frozenset()),
        airports,
        lambda: NOW,
        FakeRates(),
        budget_s=30,
        iterations=12,
    )
    try:
        built = asyncio.run(svc.build(asked))
    except InvalidRequestError as refused:
        assert refused.argument == "commitments"  # noqa: PT017 - two at one time
        return
    except NotFoundError:
        # The only place there is, and it is not wanted.
        assert asked.must_not
        return
    codes = {f.code: f.message for f in built.findings if f.severity == "blocker"}
    # What is booked is kept whatever it costs, and whether or not one can be there in time.
    impossible = {"not_accessible"} if asked.must_see else set[str]()
    if asked.commitments:
        impossible |= {
            "travel_too_short",
            "closed",
            "budget_below_fixed_costs",
            "over_budget",
            "not_accessible",
            "not_open_yet",
            "must_not_present",
            "overlap",
        }
    assert {code: words for code, words in codes.items() if code not in impossible} == {}
    assert len(built.itinerary.commitments) == len(asked.commitments)
    draft = ItineraryView.of(built.itinerary).draft()
    again = asyncio.run(svc.revise(ReviseRequest(draft)))
    assert spans(again.itinerary) == spans(built.itinerary)


ACTIONS: tuple[Action, ...] = (
    "drop", "move", "replace", "slower", "faster", "rain", "delay_flight", "start_later",
    "end_earlier", "swap_days", "shorten",
)  # fmt: skip


@st.composite
def changes_of(draw: st.DrawFn, plan: Itinerary) -> list[Change]:
    free = [i for i in items(plan, "visit", "lunch", "dinner") if not i.locked]
    made: list[Change] = []
    for action in draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)):
        item = draw(st.sampled_from(free)).item_id
        day, other = draw(st.permutations(DAYS))[:2]
        match action:
            case "drop" | "replace":
                made.append(Change(action=action, item=item))
            case "move":
                made.append(Change(action=action, item=item, day=day))
            case "shorten":
                made.append(Change(action=action, item=item, minutes=20))
            case "delay_flight":
                end = draw(st.sampled_from(("arrival", "departure")))
                late = draw(st.integers(-60, 240))
                made.append(Change(action=action, item=end, minutes=late))
            case "start_later":
                made.append(Change(action=action, time="10:30", day=day))
            case "end_earlier":
                made.append(Change(action=action, time="20:30", day=day))
            case "swap_days":
                made.append(Change(action=action, day=day, other_day=other))
            case _:
                made.append(Change(action=action, day=day))
    return made


@cache
def plan_of(seed: int) -> Itinerary:
    return asyncio.run(planner().build(replace(ASKED, must_see=(f"Church {seed}",)))).itinerary


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data(), seed=st.integers(0, 5))
def test_whatever_is_changed_what_is_locked_stays_to_the_minute_and_nothing_breaks(
    data: st.DataObject, seed: int
) -> None:
    svc = planner()
    plan = plan_of(seed)
    chosen = data.draw(st.sampled_from(items(plan, "visit")))
    changes = data.draw(changes_of(plan))
    assume(all(c.item != chosen.item_id for c in changes))
    lock = Change(action="lock", item=chosen.item_id)
    try:
        revised = asyncio.run(svc.revise(request(plan, lock, *changes)))
    except InvalidRequestError as refused:
        assert refused.argument.startswith("changes")  # noqa: PT017 - a contradiction is an answer
        return
    assert blockers(revised) == []
    before, after = spans(plan), spans(revised.itinerary)
    assert after[chosen.item_id] == before[chosen.item_id]
    booked = next(i for i in items(plan) if i.kind == "commitment")
    assert after[booked.item_id] == before[booked.item_id]
    told = {d.item_id for d in revised.differences}
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert moved <= told
    for one in revised.differences:
        assert one.why
