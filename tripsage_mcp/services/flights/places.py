"""Where a flight search goes from and to: codes and names, resolved and told apart."""

from dataclasses import dataclass

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure import airports

_CANDIDATES = 5
_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name was taken for.

    Attributes:
        alternatives: Up to three other places of that name, those in other countries first.
    """

    place: IATAPlace
    alternatives: tuple[IATAPlace, ...] = ()


def resolve(argument: str, given: str) -> IATAPlace:
    """Return the airport or city that a code or a name means.

    Raises:
        InvalidRequestError: it is unknown, or may mean several places, which are then named.
    """
    found = airports.look_up(given)
    if len(found) == 1:
        return found[0]
    if found:
        meanings = "; ".join(str(place) for place in found[:_CANDIDATES])
        raise InvalidRequestError(
            argument,
            f"may mean several places, use the code of one: {meanings}",
            example=f'"{found[0].code}"',
        )
    rule = "must be a known IATA airport or city code, or the name of a city with an airport"
    alike = airports.similar(given, _CANDIDATES)
    if alike:
        rule += f"; perhaps {'; '.join(str(place) for place in alike)}"
    raise InvalidRequestError(argument, rule, example=f'"{alike[0].code if alike else "LIS"}"')


def resolution(given: str, place: IATAPlace) -> Resolution | None:
    """Say what a name was taken for; None where a code was given, which means one thing only.

    In small letters a code may be a name: `goa` is Genoa, if taken for one.
    """
    if given.strip() == place.code:
        return None
    others = sorted(
        airports.namesakes(given, place), key=lambda o: o.country_code == place.country_code
    )
    return Resolution(place, tuple(others[:_ALTERNATIVES]))


def check_apart(argument: str, origin: IATAPlace, destination: IATAPlace) -> None:
    """Refuse a slice whose two ends are the same place, or one within the other.

    Raises:
        InvalidRequestError: naming `argument`, the destination.
    """
    leaves, arrives = set(origin.airports), set(destination.airports)
    if leaves <= arrives or arrives <= leaves:
        raise InvalidRequestError(
            argument,
            "must be another place than the origin",
            example='"LIS"' if "LIS" not in leaves else '"JFK"',
        )
