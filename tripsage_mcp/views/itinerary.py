"""How an itinerary looks on the wire, and how it is read back in."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, TypeVar, cast

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.json_schema import SkipJsonSchema

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Commitment,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    RainAlternative,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.services.itineraries.drafts import Draft, DraftCommitment, DraftDay, DraftItem
from tripsage_mcp.views.base import Opt, Part

# As fine as any map tells: what is read back is at the very place it was.
_DECIMALS = 7
_TIGHT_MINUTES = 20
_RATING = re.compile(r"\d\.\d stars")

_Kind = Literal[
    "visit",
    "lunch",
    "dinner",
    "arrival",
    "departure",
    "stay",
    "check_in",
    "check_out",
    "commitment",
    "rest",
]


_T = TypeVar("_T")
# Written and read back, but nobody writes it by hand: not worth its tokens in every definition.
_Quiet = SkipJsonSchema[_T | None]


class _Readable(Part):
    """A part that is also an argument: what it does not know, it ignores."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ItemView(_Readable):
    """One thing to do."""

    time: Annotated[str, Field(description="Local HH:MM-HH:MM")]
    kind: Annotated[
        _Kind,
        Field(description="arrival: until out of the airport; stay: a call there, for the bags"),
    ] = "visit"
    name: str
    place_id: Opt[str] = None
    airport: Annotated[Opt[str], Field(description="IATA code")] = None
    travel: _Quiet[str] = None
    domestic: _Quiet[bool] = None
    hours_unverified: _Quiet[bool] = None
    item_id: _Quiet[str] = None
    locked: _Quiet[bool] = None
    cost: _Quiet[str] = None
    indoor: _Quiet[bool] = None
    booking: _Quiet[Literal["needed", "booked"]] = None
    why: _Quiet[str] = None
    slack_minutes: _Quiet[int] = None
    at: _Quiet[str] = None
    second: _Quiet[Literal["start", "end"]] = None

    @classmethod
    def of(
        cls, item: ItineraryItem, stay: Coordinates | None = None, *, full: bool = True
    ) -> "ItemView":
        """Project one item; only where nothing else says where it is, by its coordinates."""
        tight = item.slack_minutes is not None and item.slack_minutes < _TIGHT_MINUTES
        # What is booked, or an errand with bags, is at its minute anyway.
        tight = tight and not item.locked and item.kind not in {"check_in", "check_out", "stay"}
        told = item.place_id is not None or item.airport is not None or item.coordinates == stay
        return cls(
            time=f"{item.starts:%H:%M}-{item.ends:%H:%M}",
            kind=item.kind,
            name=item.name,
            place_id=item.place_id,
            airport=item.airport,
            travel=leg_words(item.leg, full=full),
            domestic=item.domestic or None,
            hours_unverified=(item.place_id is not None and item.hours_unverified) or None,
            item_id=item.item_id or None,
            locked=item.locked or None,
            cost=None if item.cost is None else money_words(item.cost),
            indoor=item.indoor if full else None,
            booking=item.booking,
            why=item.why if full or not _is_told(item) else None,
            slack_minutes=item.slack_minutes if full or tight else None,
            at=None if told or item.coordinates is None else _at(item.coordinates),
            second="start" if item.starts.fold else "end" if item.ends.fold else None,
        )

    def draft(self) -> DraftItem:
        """Read it back."""
        return DraftItem(
            time=self.time,
            kind=self.kind,
            name=self.name,
            place_id=self.place_id,
            airport=self.airport,
            travel=self.travel,
            domestic=bool(self.domestic),
            item_id=self.item_id or "",
            locked=bool(self.locked),
            cost=self.cost,
            indoor=self.indoor,
            booking=self.booking,
            why=self.why,
            slack_minutes=self.slack_minutes,
            at=self.at,
            second=self.second,
        )

    @property
    def is_on_the_way(self) -> bool:
        """Whether it is a meal or a rest that may be anywhere."""
        pause = self.kind in {"lunch", "dinner", "rest"}
        return pause and self.place_id is None and not self.locked

    def words(self) -> str:
        """Say when and what, in a few words."""
        at_a_place = self.kind in {"lunch", "dinner"} and self.place_id is not None
        said = self.name.casefold().startswith(self.kind)
        meal = f"{self.kind} at " if at_a_place and not said else ""
        return f"{self.time.partition('-')[0]} {meal}{self.name}"


class RainAlternativeView(_Readable):
    """Where to go instead when it rains."""

    item_id: str
    name: str
    place_id: str


class CommitmentView(_Readable):
    """What the plan must keep to the minute."""

    date: date
    time: str
    name: str
    kind: _Kind = "commitment"
    place_id: Opt[str] = None

    @classmethod
    def of(cls, kept: Commitment) -> "CommitmentView":
        """Project one commitment."""
        return cls(
            date=kept.starts.date(),
            time=f"{kept.starts:%H:%M}-{kept.ends:%H:%M}",
            name=kept.name,
            kind=kept.kind,
            place_id=kept.place_id,
        )

    def draft(self) -> DraftCommitment:
        """Read it back."""
        return DraftCommitment(self.date, self.time, self.name, self.kind, self.place_id)


class DayView(_Readable):
    """One calendar day."""

    date: date
    weekday: _Quiet[str] = None
    weather: _Quiet[str] = None
    items: list[ItemView]
    back: _Quiet[str] = None
    rain_alternatives: _Quiet[list[RainAlternativeView]] = None

    @classmethod
    def of(
        cls, day: ItineraryDay, stay: Coordinates | None = None, *, full: bool = True
    ) -> "DayView":
        """Project one day."""
        return cls(
            date=day.date,
            weekday=f"{day.date:%A}",
            weather=day.weather,
            items=[ItemView.of(item, stay, full=full) for item in day.items],
            back=leg_words(day.back, full=full),
            rain_alternatives=[
                RainAlternativeView(item_id=x.item_id, name=x.name, place_id=x.place_id)
                for x in day.rain_alternatives
            ]
            or None,
        )

    def draft(self) -> DraftDay:
        """Read it back."""
        return DraftDay(
            self.date,
            tuple(item.draft() for item in self.items),
            self.back,
            self.weather,
            tuple(
                RainAlternative(x.item_id, x.name, x.place_id) for x in self.rain_alternatives or ()
            ),
        )

    def words(self) -> str:
        """Tell the day in one line; what to eat or rest on the way needs no words."""
        weather = f" ({self.weather.partition(',')[0]})" if self.weather else ""
        told = [item.words() for item in self.items if not item.is_on_the_way]
        plan = "; ".join(told) or "nothing planned"
        return f"{self.date:%a %d %b}{weather}: {plan}"


class ItineraryView(_Readable):
    """A day-by-day plan: what build_itinerary answers and revise_itinerary reads."""

    destination: str
    time_zone: Annotated[Opt[str], Field(description="IANA")] = None
    pace: _Quiet[Literal["relaxed", "balanced", "packed"]] = "balanced"
    stay_latitude: Opt[float] = None
    stay_longitude: Opt[float] = None
    stay_assumed: _Quiet[bool] = None
    must_see: _Quiet[list[str]] = None
    must_not: _Quiet[list[str]] = None
    interests: _Quiet[list[str]] = None
    needs: _Quiet[list[Literal["wheelchair", "stroller", "naps", "low_walking"]]] = None
    budget: _Quiet[str] = None
    day_start: _Quiet[str] = None
    day_end: _Quiet[str] = None
    rest_minutes: _Quiet[int] = None
    travellers: _Quiet[int] = None
    commitments: _Quiet[list[CommitmentView]] = None
    days: list[DayView]

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, given: object) -> object:
        """Accept the whole answer of build_itinerary, which is also what a trip may have kept."""
        if not isinstance(given, Mapping):
            return given
        answer = cast("Mapping[str, object]", given)
        return answer["itinerary"] if "itinerary" in answer and "days" not in answer else answer

    @classmethod
    def of(cls, itinerary: Itinerary, *, full: bool = True) -> "ItineraryView":
        """Project a plan; what a concise one lacks can be found out again."""
        stay = itinerary.stay
        return cls(
            destination=itinerary.destination,
            time_zone=itinerary.time_zone,
            pace=itinerary.pace,
            stay_latitude=None if stay is None else round(stay.latitude, _DECIMALS),
            stay_longitude=None if stay is None else round(stay.longitude, _DECIMALS),
            stay_assumed=itinerary.stay_assumed or None,
            must_see=list(itinerary.must_see) or None,
            must_not=list(itinerary.must_not) or None,
            interests=list(itinerary.interests) or None,
            needs=list(itinerary.needs) or None,
            budget=None if itinerary.budget is None else money_words(itinerary.budget),
            day_start=_clock(itinerary.day_start),
            day_end=_clock(itinerary.day_end),
            rest_minutes=itinerary.rest_minutes or None,
            travellers=itinerary.travellers if itinerary.travellers > 1 else None,
            commitments=[CommitmentView.of(c) for c in itinerary.commitments] or None,
            days=[DayView.of(day, stay, full=full) for day in itinerary.days],
        )

    def draft(self) -> Draft:
        """Read it back."""
        return Draft(
            destination=self.destination,
            time_zone=self.time_zone,
            pace=self.pace or "balanced",
            stay_latitude=self.stay_latitude,
            stay_longitude=self.stay_longitude,
            stay_assumed=bool(self.stay_assumed),
            must_see=tuple(self.must_see or ()),
            must_not=tuple(self.must_not or ()),
            interests=tuple(self.interests or ()),
            needs=tuple(self.needs or ()),
            budget=self.budget,
            day_start=self.day_start,
            day_end=self.day_end,
            rest_minutes=self.rest_minutes or 0,
            commitments=tuple(kept.draft() for kept in self.commitments or ()),
            days=tuple(day.draft() for day in self.days),
        )


def leg_words(leg: Leg | None, *, full: bool = True) -> str | None:
    """Write a leg as `12 min walk`; `read_leg` reads it back."""
    if leg is None:
        return None
    meters = "" if leg.meters is None or not full else f", {leg.meters} m"
    return f"{leg.minutes} min {leg.mode}{meters}{', estimated' if leg.estimated else ''}"


def money_words(money: Money) -> str:
    """Write an amount as `25 EUR`; `read_money` reads it back to the last digit."""
    amount = f"{money.amount.normalize():f}"
    return f"{amount} {money.currency}"


def _is_told(item: ItineraryItem) -> bool:
    """Tell whether a reason says no more than what anybody can look up, or the item itself."""
    why = item.why
    return why is not None and (why == item.booking or _RATING.fullmatch(why) is not None)


def _at(where: Coordinates) -> str:
    return f"{where.latitude:.{_DECIMALS}f},{where.longitude:.{_DECIMALS}f}"


def written(itinerary: Itinerary) -> JSONObject:
    """Write a plan whole, as a trip keeps it; `read_back` reads it."""
    return ItineraryView.of(itinerary).model_dump(mode="json", exclude_none=True)


def read_back(kept: Mapping[str, object]) -> Draft:
    """Read what a trip keeps.

    Raises:
        NotFoundError: it is no itinerary of ours.
    """
    try:
        return ItineraryView.model_validate(kept).draft()
    except ValidationError as exc:
        raise NotFoundError(
            "What the trip has as its itinerary cannot be read",
            hint="Build a new one with build_itinerary and its trip_id.",
        ) from exc


def _clock(minute: int | None) -> str | None:
    """Write a minute of the day as `09:00`, of the next day as `25:30`."""
    return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
