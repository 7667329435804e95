"""What somebody insists on in a stay, and which listings do not give it.

A listing whose source does not say whether it gives it does not satisfy the wish; those are counted
apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tripsage_mcp.domain.lodging import Lodging
from tripsage_mcp.domain.stay import Amenity, PropertyType, Stay, StayWish
from tripsage_mcp.domain.stay_cost import Budget, Costs


@dataclass(frozen=True, slots=True)
class StayWishes:
    """What every listing shown must give; the default wishes nothing.

    Attributes:
        amenities: Each of them.
        rooms: More than one asks that many bedrooms of a home; hotels are asked for rooms.
        pets: Whether pets come along.
        max_walk_minutes: To the place asked for.
    """

    budget: Budget | None = None
    property_type: PropertyType | None = None
    min_rating: float | None = None
    amenities: frozenset[Amenity] = frozenset()
    free_cancellation: bool = False
    pets: bool = False
    rooms: int = 1
    max_walk_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of listings beside what they say themselves.

    Attributes:
        applied: Wishes that a source has filtered by itself, by source.
        walks: Minutes on foot to the place asked for, by `stay_id`; absent where unknown.
    """

    costs: Costs = field(default_factory=Costs)
    applied: Mapping[str, frozenset[StayWish]] = field(
        default_factory=dict[str, frozenset[StayWish]]
    )
    walks: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class StaysLeftOut:
    """Listings that one wish left out; a listing may break several.

    Attributes:
        unknown: Those among `stays` whose source does not say.
    """

    wish: StayWish
    stays: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class StaysKept:
    """What is left when the wishes are met.

    Attributes:
        left_out: By wish, most listings first; only wishes that left something out.
    """

    lodgings: tuple[Lodging, ...]
    left_out: tuple[StaysLeftOut, ...] = ()


type _Test = Callable[[Stay], bool | None]


def keep(lodgings: Iterable[Lodging], wishes: StayWishes, known: Known) -> StaysKept:
    """Drop the listings that break a wish, and lodgings left without one."""
    tests = _tests(wishes, known)
    broken = Counter[StayWish]()
    unknown = Counter[StayWish]()
    kept: list[Lodging] = []
    for lodging in lodgings:
        listings: list[Stay] = []
        for stay in lodging.listings:
            applied = known.applied.get(stay.source, frozenset())
            verdicts: dict[StayWish, bool | None] = {
                wish: wish in applied or test(stay) for wish, test in tests.items()
            }
            for wish, met in verdicts.items():
                broken[wish] += not met
                unknown[wish] += met is None
            if all(verdicts.values()):
                listings.append(stay)
        if listings:
            kept.append(replace(lodging, listings=tuple(listings)))
    return StaysKept(
        tuple(kept),
        tuple(StaysLeftOut(wish, n, unknown[wish]) for wish, n in broken.most_common() if n),
    )


def _tests(wishes: StayWishes, known: Known) -> dict[StayWish, _Test]:
    """Return a test for each wish there is: met, not met, or None where the source is silent."""
    tests: dict[StayWish, _Test] = {}
    budget, lowest, most = wishes.budget, wishes.min_rating, wishes.max_walk_minutes
    if budget is not None:
        tests["budget"] = lambda stay: budget.holds(stay, known.costs)
    if wishes.property_type is not None:
        tests["property_type"] = lambda stay: _equals(stay.kind, wishes.property_type)
    if lowest is not None:
        tests["min_rating"] = lambda stay: _at_least(stay.rating, lowest)
    if wishes.amenities:
        tests["amenities"] = lambda stay: _has(stay, wishes.amenities)
    if wishes.free_cancellation:
        tests["free_cancellation"] = lambda stay: stay.free_cancellation
    if wishes.pets:
        tests["pets"] = lambda stay: _has(stay, frozenset({"pets_allowed"}))
    if wishes.rooms > 1:
        tests["rooms"] = lambda stay: _at_least(stay.bedrooms, wishes.rooms)
    if most is not None:
        tests["max_walk_minutes"] = lambda stay: _at_most(known.walks.get(stay.stay_id), most)
    return tests


def _equals(kind: PropertyType | None, wanted: PropertyType | None) -> bool | None:
    return None if kind is None else kind == wanted


def _at_least(value: float | None, lowest: float) -> bool | None:
    return None if value is None else value >= lowest


def _at_most(value: float | None, highest: float) -> bool | None:
    return None if value is None else value <= highest


def _has(stay: Stay, wanted: frozenset[Amenity]) -> bool | None:
    return None if stay.amenities is None else wanted <= stay.amenities
