"""What is settled before a plan is made: where the nights are spent, and what is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import line, money
from tripsage_mcp.services.itineraries.arguments import MAX_WORDS, clock_minutes, point

_MOST_STAYS, _MOST_COMMITMENTS = 6, 20
_LONGEST_COMMITMENT = 16 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StayAsked:
    """A place to sleep, as the caller wrote it; the dates matter where there are several."""

    latitude: float
    longitude: float
    name: str | None = None
    check_in: date | None = None
    check_out: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentAsked:
    """Something booked, as the caller wrote it.

    Attributes:
        start: `HH:MM`, local to the destination.
        minutes: How long it takes.
        cost: For all travellers, like `40 EUR`.
        latitude: Of where it is, only with `longitude`; else it is looked up by its name.
    """

    name: str
    date: date
    start: str
    minutes: int = 90
    place_id: str | None = None
    cost: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Where the nights from one date to another are spent; the last night is before `until`."""

    coordinates: Coordinates
    name: str | None
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment, parsed; minutes count on the clock from midnight of its date."""

    asked: CommitmentAsked
    start: int
    minutes: int
    cost: Money | None
    coordinates: Coordinates | None


def sleeps(
    stays: Sequence[StayAsked], one: Coordinates | None, dates: Sequence[date]
) -> tuple[Sleep, ...]:
    """Return the places to sleep in time order.

    Args:
        stays: As the caller wrote them.
        one: The only stay, where it was given by itself.
        dates: Of the trip; the last night is before the last of them.

    Raises:
        InvalidRequestError: they overlap, or leave a night out.
    """
    if one is not None and stays:
        raise InvalidRequestError("stays", "must not be given beside stay_latitude")
    if len(stays) > _MOST_STAYS:
        raise InvalidRequestError("stays", f"must be at most {_MOST_STAYS}")
    if one is not None:
        return (Sleep(one, None, dates[0], dates[-1]),)
    found = [_sleep(number, stay, len(stays), dates) for number, stay in enumerate(stays)]
    found.sort(key=lambda sleep: sleep.since)
    for number, (earlier, later) in enumerate(pairwise(found)):
        if earlier.until != later.since:
            what = "overlap" if earlier.until > later.since else "leave a night without a bed"
            raise InvalidRequestError(
                f"stays[{number + 1}].check_in",
                f"must be the day the stay before it ends; these two {what}",
                example=f'"{earlier.until}"',
            )
    return tuple(found)


def _sleep(number: int, stay: StayAsked, count: int, dates: Sequence[date]) -> Sleep:
    at = f"stays[{number}]"
    where = point(f"{at}.latitude", f"{at}.longitude", stay.latitude, stay.longitude)
    assert where is not None
    if count > 1:
        for name, day in (("check_in", stay.check_in), ("check_out", stay.check_out)):
            if day is None:
                raise InvalidRequestError(
                    f"{at}.{name}", "is needed where there are several", example=f'"{dates[0]}"'
                )
    since = max(stay.check_in or dates[0], dates[0])
    until = min(stay.check_out or dates[-1], dates[-1])
    if until < since:
        raise InvalidRequestError(
            f"{at}.check_out",
            "must be after check_in, on days of the trip",
            example=f'"{dates[-1]}"',
        )
    name = None if stay.name is None else line(stay.name, f"{at}.name", longest=MAX_WORDS)
    return Sleep(where, name, since, until)


def promises(asked: Sequence[CommitmentAsked], dates: Sequence[date]) -> tuple[Promise, ...]:
    """Return the commitments in time order.

    Raises:
        InvalidRequestError: one breaks a rule, or two overlap.
    """
    if len(asked) > _MOST_COMMITMENTS:
        raise InvalidRequestError("commitments", f"must be at most {_MOST_COMMITMENTS}")
    found = sorted(
        (_promise(number, each, dates) for number, each in enumerate(asked)),
        key=lambda promise: (promise.asked.date, promise.start),
    )
    for earlier, later in pairwise(found):
        gap = (later.asked.date - earlier.asked.date) // timedelta(minutes=1) + later.start
        if gap < earlier.start + earlier.minutes:
            raise InvalidRequestError(
                "commitments",
                f"two of them overlap on {later.asked.date}: nobody can be in both",
            )
    return tuple(found)


def _promise(number: int, asked: CommitmentAsked, dates: Sequence[date]) -> Promise:
    at = f"commitments[{number}]"
    line(asked.name, f"{at}.name", longest=MAX_WORDS, example='"Sunset cruise"')
    if not dates[0] <= asked.date <= dates[-1]:
        raise InvalidRequestError(
            f"{at}.date", "must be on a day of the trip", example=f'"{dates[0]}"'
        )
    if not 1 <= asked.minutes <= _LONGEST_COMMITMENT:
        raise InvalidRequestError(
            f"{at}.minutes", f"must be 1 to {_LONGEST_COMMITMENT}", example="90"
        )
    return Promise(
        asked,
        clock_minutes(f"{at}.start", asked.start),
        asked.minutes,
        None if asked.cost is None else money(asked.cost, f"{at}.cost"),
        point(f"{at}.latitude", f"{at}.longitude", asked.latitude, asked.longitude),
    )
