"""One page of the answer to a stay search: filtered, ordered, cut, with what was left out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.lodging import Lodging
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import Area, Stay, StaySearch, StaySort
from tripsage_mcp.domain.stay_filter import Known, StaysKept, StaysLeftOut, StayWishes, keep
from tripsage_mcp.services.places.where import Where
from tripsage_mcp.services.stays.cursor import StayCursor
from tripsage_mcp.services.stays.near import Near, Walks
from tripsage_mcp.services.stays.sources import Round

_ELSEWHERE_KM = 100

type Confidence = Literal["high", "medium", "low"]
type _Key = tuple[bool, Decimal | float, float]


@dataclass(frozen=True, slots=True)
class StaysPage:
    """One page of places to sleep.

    Attributes:
        search: What the sources were asked.
        asked: What the sources said, and which of them failed.
        first: Number of the first lodging on this page within its round, from 1.
        total: Lodgings in this round; sources may have more.
        where: What the location was taken to mean; None when it could not be looked up.
        near: What the stays should be near to.
        walks: How far each is from there.
        elsewhere: The listings lie far from `where`: perhaps in another place of that name.
        left_out: Of the whole round.
        begins: Where this page does.
        next_cursor: None on the last page.
    """

    search: StaySearch
    wishes: StayWishes
    sort: StaySort
    asked: Round
    lodgings: tuple[Lodging, ...]
    first: int = 1
    total: int = 0
    where: Where | None = None
    near: Near | None = None
    walks: Walks = field(default_factory=Walks)
    elsewhere: bool = False
    left_out: tuple[StaysLeftOut, ...] = ()
    begins: StayCursor | None = None
    next_cursor: str | None = None

    def cut(self, most: int) -> "StaysPage":
        """Return this page with fewer lodgings; the next begins where it ends."""
        assert self.begins is not None
        following = replace(self.begins, offset=self.begins.offset + most)
        return replace(self, lodgings=self.lodgings[:most], next_cursor=following.encode())

    @property
    def area(self) -> Area | None:
        """The box that was searched, where a source told one."""
        found = [f for pages in self.asked.pages.values() for f in pages]
        return next((f.resolved_area for f in found if f.resolved_area is not None), None)

    @property
    def by_words(self) -> bool:
        """Whether a source had nothing but the words of the location to go by."""
        found = (f for pages in self.asked.pages.values() for f in pages)
        return not all(each.location_resolved for each in found)

    @property
    def skipped(self) -> int:
        """Listings left out because they could not be read."""
        return sum(f.skipped_rows for pages in self.asked.pages.values() for f in pages)

    @property
    def confidence(self) -> Confidence:
        """How sure it is that `where` is the place that was meant."""
        if self.where is None or self.elsewhere:
            return "low"
        unsure = self.by_words or self.where.approximate or _by_order_alone(self.where)
        return "medium" if unsure else "high"

    def about(self, stay: Stay) -> Money | None:
        """What a stay costs in the currency of the budget, where its price is in another."""
        if self.wishes.budget is None or stay.price is None or stay.price.total is None:
            return None
        if stay.price.total.currency == self.asked.costs.currency:
            return None
        return self.asked.costs.total(stay.price)

    def distance_km(self, lodging: Lodging) -> float | None:
        """How far it is from what it should be near to, else from the middle of the search."""
        if lodging.coordinates is None or self._middle is None:
            return None
        return great_circle_km(lodging.coordinates, self._middle)

    @property
    def _middle(self) -> Coordinates | None:
        return self.search.coordinates if self.near is None else self.near.coordinates

    def walk(self, lodging: Lodging) -> int | None:
        """Minutes on foot to what it should be near to."""
        minutes = (self.walks.minutes.get(stay.stay_id) for stay in lodging.listings)
        return next((each for each in minutes if each is not None), None)


def _by_order_alone(where: Where) -> bool:
    """Whether only its source's order speaks for a place against its namesakes."""
    if where.locality is None or not where.alternatives:
        return False
    known = [place.population for place in (where.locality, *where.alternatives)]
    return any(population is None for population in known)


def sift(asked: Round, wishes: StayWishes, walks: Walks) -> StaysKept:
    """Put a round's listings together and drop what breaks a wish."""
    known = Known(asked.costs, asked.applied, walks.minutes)
    kept = keep(asked.lodgings, wishes, known)
    cheapest_first = tuple(_cheapest_first(lodging, asked) for lodging in kept.lodgings)
    return replace(kept, lodgings=cheapest_first)


def make_page(page: StaysPage, cursor: StayCursor, limit: int) -> StaysPage:
    """Cut one page out of a round.

    Args:
        page: All but what depends on the cut: `lodgings` and what counts them.
        cursor: Where the page begins.
        limit: The most lodgings.
    """
    kept = sift(page.asked, page.wishes, page.walks)
    ordered = _ordered(kept.lodgings, page)
    end = cursor.offset + limit
    return replace(
        page,
        lodgings=ordered[cursor.offset : end],
        first=cursor.offset + 1,
        total=len(ordered),
        elsewhere=_is_elsewhere(page),
        left_out=kept.left_out,
        begins=cursor,
        next_cursor=_following(cursor, end, len(ordered), page.asked),
    )


def _cheapest_first(lodging: Lodging, asked: Round) -> Lodging:
    return Lodging(tuple(sorted(lodging.listings, key=lambda stay: _by_price(stay, asked))))


def _by_price(stay: Stay, asked: Round) -> _Key:
    cost = asked.costs.guess(stay)
    return (True, 0, 0) if cost is None else (False, cost.amount, 0)


def _ordered(lodgings: tuple[Lodging, ...], page: StaysPage) -> tuple[Lodging, ...]:
    """Order a round; what is not known comes last, equals keep their order."""
    keys: dict[StaySort, Callable[[Lodging], _Key]] = {
        "price": lambda lodging: _by_price(lodging.shown, page.asked),
        "rating": _by_rating,
        "distance": lambda lodging: _by_distance(lodging, page),
    }
    key = keys.get(page.sort)
    return lodgings if key is None else tuple(sorted(lodgings, key=key))


def _by_rating(lodging: Lodging) -> _Key:
    stay = lodging.shown
    return (stay.rating is None, -(stay.rating or 0), -(stay.reviews or 0))


def _by_distance(lodging: Lodging, page: StaysPage) -> _Key:
    minutes, km = page.walk(lodging), page.distance_km(lodging)
    if page.near is not None and minutes is not None:
        return (False, minutes, km or 0)
    # Farther than anybody walks, or nobody knows.
    return (True, km or 0, 0) if km is not None else (True, float("inf"), 0)


def _is_elsewhere(page: StaysPage) -> bool:
    """Whether what was found cannot be the place that was meant."""
    if page.where is None:
        return False
    at = page.where.coordinates
    if page.area is not None:
        return at not in page.area
    points = [stay.coordinates for stay in page.asked.stays if stay.coordinates is not None]
    return bool(points) and all(great_circle_km(at, point) > _ELSEWHERE_KM for point in points)


def _following(cursor: StayCursor, end: int, total: int, asked: Round) -> str | None:
    """Return where the next page begins: in this round, or in the next."""
    if end < total:
        return replace(cursor, offset=end).encode()
    if not asked.following:
        return None
    return replace(cursor, sources=dict(asked.following), offset=0).encode()
