"""Ids that carry their own request, so that any process can rebuild the offer.

An id is a prefix, `0000` and 18 base62 characters, as Duffel's are. For a one-way or return trip of
adults, then up to three younger passengers, and no extras, the 107 bits hold the whole request, a
checksum bound to the world's seed, and the offer's index; so ids of one search are consecutive.
Anything richer gets a number that only the process that answered can look up.
"""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache

from tripsage_mcp.sandbox.duffel.request import ADULT_AGE, OfferRequest, Passenger
from tripsage_mcp.sandbox.schedule.airlines import CABINS
from tripsage_mcp.sandbox.schedule.airports import load_gazetteer
from tripsage_mcp.sandbox.schedule.chance import whole
from tripsage_mcp.sandbox.schedule.search import JourneySlice

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 18
_MARK = "0000"
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
OFFERS = 256
"""Radix of the last digit: the offer's index; the last value names the request itself."""
_CHECK = 2048
_MINORS = 3
# Created, origin, destination, departure, return, cabin, connections, adults, three ages.
_RADIX = (1 << 30, 1024, 1024, 400, 400, 5, 3, 10, 19, 19, 19)
_BODY = math.prod(_RADIX[1:])


def base62(number: int, length: int = _LENGTH) -> str:
    """Return a number as exactly `length` characters."""
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        text = _DIGITS[digit] + text
    return text


def compose(prefix: str, number: int) -> str:
    """Return an id, e.g. `off_0000` and 18 characters."""
    return f"{prefix}_{_MARK}{base62(number)}"


@lru_cache(maxsize=4096)
def derived(prefix: str, *words: object) -> str:
    """Return an id that depends on the words alone, for parts of an offer."""
    return compose(prefix, (whole("id", *words) << 40 | whole("di", *words) >> 24) % 62**_LENGTH)


def batch_id(number: int, serial: int) -> str:
    """Return the id of a batch offer request, which never is the id of a plain one."""
    drawn = whole("batch", number, serial) << 40 | whole("serial", number, serial) >> 24
    return compose("orq", drawn % (62**_LENGTH // OFFERS) * OFFERS + OFFERS - 2)


def number_of(prefix: str, text: str) -> int | None:
    """Return the number in an id, or None when it is not shaped like one."""
    start = f"{prefix}_{_MARK}"
    body = text.removeprefix(start)
    if len(body) != _LENGTH or not text.startswith(start) or not set(body) <= set(_DIGITS):
        return None
    number = 0
    for character in body:
        number = number * 62 + _DIGITS.index(character)
    return number


@cache
def _codes() -> tuple[str, ...]:
    places = load_gazetteer()
    served = {code for code, airport in places.airports.items() if airport.served}
    return tuple(sorted(served | set(places.cities)))


def _ages(passengers: Iterable[Passenger]) -> tuple[int, list[int]] | None:
    """Return how many adults come first and the ages after them, or None for anything else."""
    adults, ages = 0, list[int]()
    for passenger in passengers:
        if passenger != Passenger(type=passenger.type, age=passenger.age):
            return None
        if passenger.age is None and not ages:
            adults += 1
        elif passenger.age is not None and passenger.age < ADULT_AGE:
            ages.append(passenger.age + 1)
        else:
            return None
    return (adults, ages + [0] * (_MINORS - len(ages))) if len(ages) <= _MINORS else None


def _fields(request: OfferRequest) -> list[int] | None:
    first, *rest = request.slices
    plain = [JourneySlice(s.origin, s.destination, s.day) for s in request.slices]
    party = _ages(request.passengers)
    codes = _codes()
    mirrored = not rest or (rest[0].origin, rest[0].destination) == (
        first.destination,
        first.origin,
    )
    if len(rest) > 1 or not mirrored or list(request.slices) != plain or party is None:
        return None
    if first.origin not in codes or first.destination not in codes:
        return None
    back = (rest[0].day - first.day).days + 1 if rest else 0
    cabin = 0 if request.cabin is None else CABINS.index(request.cabin) + 1
    return [
        int((request.created_at - _EPOCH).total_seconds()),
        codes.index(first.origin),
        codes.index(first.destination),
        (first.day - request.created_at.date()).days + 1,
        back,
        cabin,
        request.max_connections,
        party[0],
        *party[1],
    ]


def _check(seed: int, number: int) -> int:
    return whole("check", seed, number) % _CHECK


def encode(seed: int, request: OfferRequest) -> int:
    """Return the number of a request; add an index below `OFFERS` to name an offer.

    Requests too rich to carry get a number that `decode` refuses and only a lookup finds.
    """
    fields = _fields(request)
    if fields is None or not all(0 <= f < r for f, r in zip(fields, _RADIX, strict=True)):
        seconds = int((request.created_at - _EPOCH).total_seconds()) % _RADIX[0]
        number = seconds * _BODY + whole("opaque", seed, request) % _BODY
        return (number * _CHECK + (_check(seed, number) + 1) % _CHECK) * OFFERS
    number = 0
    for field, radix in zip(fields, _RADIX, strict=True):
        number = number * radix + field
    return (number * _CHECK + _check(seed, number)) * OFFERS


def decode(seed: int, number: int) -> OfferRequest | None:
    """Return the request a number carries, or None."""
    number, check = divmod(number // OFFERS, _CHECK)
    if check != _check(seed, number):
        return None
    fields: list[int] = []
    for radix in reversed(_RADIX):
        number, field = divmod(number, radix)
        fields.insert(0, field)
    codes = _codes()
    if number or fields[1] >= len(codes) or fields[2] >= len(codes):
        return None
    created = _EPOCH + timedelta(seconds=fields[0])
    leave = created.date() + timedelta(days=fields[3] - 1)
    return OfferRequest(
        slices=_slices(codes[fields[1]], codes[fields[2]], leave, fields[4]),
        passengers=(Passenger(),) * fields[7]
        + tuple(Passenger(type=None, age=age - 1) for age in fields[8:] if age),
        cabin=CABINS[fields[5] - 1] if fields[5] else None,
        max_connections=fields[6],
        created_at=created,
    )


def _slices(origin: str, destination: str, leave: date, back: int) -> tuple[JourneySlice, ...]:
    out = JourneySlice(origin, destination, leave)
    if not back:
        return (out,)
    return out, JourneySlice(destination, origin, leave + timedelta(days=back - 1))
