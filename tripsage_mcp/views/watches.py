"""How watched prices look in an answer."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.watch import PricePoint, PriceWatch, trend
from tripsage_mcp.services.watches.service import WatchesShown, WatchSeen
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text

_MOST_POINTS = 20
_ENDED = {
    "departed": "the departure has come",
    "until": "its last day is over",
    "stopped": "stopped by the traveller",
    "failing": "ten checks in a row failed",
}


class PointView(Part):
    """What a check saw; checks that saw the same as the one before are left out."""

    at: str
    price: Annotated[Opt[str], Field(description="Absent: nothing was sold, or see failed")] = None
    failed: Annotated[Opt[str], Field(description="Error code of a check that failed")] = None
    data: Annotated[Opt[str], Field(description="Where it is not that of the watch")] = None

    @classmethod
    def of(cls, point: PricePoint, watch: PriceWatch) -> "PointView":
        """Project one point."""
        return cls(
            at=utc_text(point.seen_at),
            price=None if point.price is None else str(point.price),
            failed=point.failure,
            data=None if point.data == watch.data else point.data,
        )


class HistoryView(Part):
    """What was seen so far."""

    trend: Annotated[str, Field(description="falling | rising | steady | unknown")]
    highest: Opt[str] = None
    points: Annotated[list[PointView], Field(description="The latest changes, oldest first")]
    earlier_points: Opt[int] = None

    @classmethod
    def of(cls, watch: PriceWatch, points: Sequence[PricePoint]) -> "HistoryView":
        """Project the points of one watch."""
        changes = [*points[:1], *(b for a, b in pairwise(points) if _differ(a, b))]
        shown = changes[-_MOST_POINTS:]
        comparable = [
            point.price
            for point in points
            if point.price is not None
            and point.data == watch.data
            and watch.best is not None
            and point.price.currency == watch.best.currency
        ]
        return cls(
            trend=trend(points),
            highest=str(max(comparable)) if comparable else None,
            points=[PointView.of(point, watch) for point in shown],
            earlier_points=len(changes) - len(shown) or None,
        )


class WatchView(Part):
    """One watch; prices are of the cheapest fare for all passengers together."""

    watch_id: str
    route: str
    flights: Annotated[Opt[list[str]], Field(description="Only these; absent: the cheapest")] = None
    passengers: str
    cabin: Opt[str] = None
    status: Annotated[str, Field(description="active | ended")]
    ended: Opt[str] = None
    alert: str
    ends_at: str
    price: Annotated[Opt[str], Field(description="Last seen; absent: nothing was sold")] = None
    first: Opt[str] = None
    lowest: Opt[str] = None
    lowest_at: Opt[str] = None
    data: Annotated[Opt[str], Field(description="live | sandbox")] = None
    checks: int
    checked_at: Opt[str] = None
    failures: Annotated[Opt[int], Field(description="Checks in a row that failed")] = None
    history: Opt[HistoryView] = None

    @classmethod
    def of(cls, seen: WatchSeen) -> "WatchView":
        """Project one watch."""
        watch = seen.watch
        price, first, lowest = (
            None if money is None else str(money) for money in (watch.last, watch.first, watch.best)
        )
        return cls(
            watch_id=str(watch.watch_id),
            route=watch.route,
            flights=None if watch.flights is None else _flights(watch),
            passengers=_passengers(watch),
            cabin=watch.request.cabin,
            status="active" if watch.active else "ended",
            ended=None if watch.ended is None else _ENDED[watch.ended],
            alert=_alert(watch),
            ends_at=utc_text(watch.ended_at or watch.ends_at),
            price=price,
            first=first,
            lowest=lowest,
            lowest_at=None if watch.best_at is None else utc_text(watch.best_at),
            data=watch.data,
            checks=watch.checks,
            checked_at=None if watch.checked_at is None else utc_text(watch.checked_at),
            failures=watch.failures or None,
            history=None if seen.points is None else HistoryView.of(watch, seen.points),
        )

    @property
    def line(self) -> str:
        """One line for people."""
        price = self.price or "nothing sold now"
        state = f"ended: {self.ended}" if self.ended else f"{self.alert}, until {self.ends_at}"
        lowest = f", lowest {self.lowest}" if self.lowest else ""
        return f"{self.route}, {self.passengers}: {price}{lowest} ({state}). {self.watch_id}"


class WatchesAnswer(Answer):
    """One watch or several; the active ones first."""

    source: Source
    watches: Annotated[list[WatchView], Field(description="At most 20, active ones first")]
    created: Annotated[Opt[bool], Field(description="false: it was there already")] = None
    resource: Annotated[Opt[str], Field(description="Subscribe to it to be told of news")] = None

    @classmethod
    def of(cls, shown: WatchesShown) -> "WatchesAnswer":
        """Project what a service answered."""
        watches = [WatchView.of(each) for each in shown.watches]
        one = shown.created is not None and len(watches) == 1
        return cls(
            source=Source.of(shown.provenance),
            watches=watches,
            created=shown.created,
            resource=uri_of(watches[0].watch_id) if one else None,
        )

    @override
    def text(self) -> str:
        """Say one watch a line."""
        made = {True: "Watching now: ", False: "Watched already: ", None: ""}[self.created]
        return "\n".join(f"{made}{watch.line}" for watch in self.watches) or "No watched prices."


LIST_URI = "tripsage://watches"


def uri_of(watch_id: str) -> str:
    """Return the address of the resource that shows a watch."""
    return f"{LIST_URI}/{watch_id}"


def _differ(before: PricePoint, after: PricePoint) -> bool:
    return (before.price, before.failure, before.data) != (after.price, after.failure, after.data)


def _flights(watch: PriceWatch) -> list[str]:
    return [
        f"{flight.flight} {flight.origin}-{flight.destination} {flight.departure_date}"
        for part in watch.flights or ()
        for flight in part
    ]


def _passengers(watch: PriceWatch) -> str:
    request = watch.request
    words = [f"{request.adults} adult{'' if request.adults == 1 else 's'}"]
    if request.children_ages:
        words.append("children aged " + ", ".join(map(str, sorted(request.children_ages))))
    if request.infants_in_seat:
        words.append(f"{request.infants_in_seat} in a seat under 2")
    return ", ".join(words)


def _alert(watch: PriceWatch) -> str:
    alert, words = watch.alert, list[str]()
    if alert.target is not None:
        words.append(f"each new low at or below {alert.target}")
    drop = alert.drop_percent if watch.best is None else alert.drop_in(watch.best.currency)
    if drop is not None:
        words.append(f"each new low by {drop} % or more")
    return " or ".join(words)
