"""Countries and territories, and what a visitor wants to know before packing."""

from dataclasses import dataclass
from typing import Literal

type Side = Literal["left", "right"]
type Service = Literal["any", "police", "ambulance", "fire"]


@dataclass(frozen=True, slots=True)
class Electricity:
    """What comes out of a wall.

    Attributes:
        plugs: Types of socket by the letters of IEC 60083, sorted, e.g. `("C", "F")`.
        volts: Nominal; two where regions differ, e.g. `127/220`.
        hertz: Likewise.
    """

    plugs: tuple[str, ...]
    volts: str
    hertz: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory with a code of its own. What nobody vouches for is None or absent.

    Attributes:
        code: ISO 3166-1 alpha-2; `XK` for Kosovo.
        code3: ISO 3166-1 alpha-3; `XKX` for Kosovo.
        name: Short and English.
        currency: ISO 4217; the one prices are in, where there are several.
        also_used: Others that are taken nearly everywhere, at par or the day's rate.
        emergency: Numbers by service; `any` reaches all of them.
        drives_on: Side of the road.
        uk_slug: Where gov.uk files its travel advice; None where it has no page.
        part_of: Code of the country whose travel advice holds for a territory without its own.
    """

    code: str
    code3: str
    name: str
    currency: str | None = None
    also_used: tuple[str, ...] = ()
    electricity: Electricity | None = None
    emergency: tuple[tuple[Service, str], ...] = ()
    drives_on: Side | None = None
    uk_slug: str | None = None
    part_of: str | None = None
