"""The weather of the invented world: any day, anywhere, always the same for the same seed.

Each day is drawn around the climate of the nearest authored city, or, far from all of them, around
what latitude and season suggest. Past and forecast come from the same draw.
"""

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox.schedule.chance import between, share
from tripsage_mcp.sandbox.world import City, load_cities

# The city's climate holds as far as this, and has faded to the general one at the other distance.
_CITY_KM = 60.0
_FADED_KM = 300.0
# Points this near to each other share their weather.
_CELL_DEGREES = 0.5
_WARMEST_DAY = 200
_YEAR = 365.25
_SPELL_DAYS = 4
_SPELL_C, _DAY_C = 3.2, 1.6
_SNOW_BELOW_C = 1.0


@dataclass(frozen=True, slots=True)
class Normal:
    """What is usual on a day: degrees Celsius, and the share of such days that are wet."""

    high_c: float
    low_c: float
    wet: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day's weather.

    Attributes:
        code: WMO weather interpretation code.
        rain_mm: Of which `showers_mm` fell in showers; snow is not in it.
        snow_cm: Fresh snow; 7 cm are 10 mm of water.
        probability: Percent, as a forecast would say it.
        cloud: Share of the sky, 0 to 1.
    """

    code: int
    high_c: float
    low_c: float
    rain_mm: float
    showers_mm: float
    snow_cm: float
    wet_hours: int
    probability: int
    wind_kmh: float
    gust_kmh: float
    wind_from: int
    cloud: float

    @property
    def precipitation_mm(self) -> float:
        """Return rain and melted snow."""
        return round(self.rain_mm + self.snow_cm / 0.7, 2)


@lru_cache(maxsize=4096)
def nearest_city(at: Coordinates) -> tuple[City, float]:
    """Return the nearest authored city and its distance in kilometres."""
    return min(
        ((city, great_circle_km(at, city.center)) for city in load_cities()),
        key=lambda found: found[1],
    )


def normal(at: Coordinates, day: date) -> Normal:
    """Return what is usual there on that day of the year."""
    city, away = nearest_city(at)
    general = _general(at.latitude, day)
    faded = min(1.0, max(0.0, (away - _CITY_KM) / (_FADED_KM - _CITY_KM)))
    if faded >= 1:
        return general
    own = _of_city(city, day)
    return Normal(
        *(
            a + (b - a) * faded
            for a, b in (
                (own.high_c, general.high_c),
                (own.low_c, general.low_c),
                (own.wet, general.wet),
            )
        )
    )


def _of_city(city: City, day: date) -> Normal:
    """Interpolate between the middles of two months, so that no first of a month is a jump."""
    length = monthrange(day.year, day.month)[1]
    position = day.month - 1 + (day.day - 0.5) / length - 0.5
    first = math.floor(position)
    part = position - first
    a, b = first % 12, (first + 1) % 12
    climate = city.climate
    return Normal(
        climate.high_c[a] * (1 - part) + climate.high_c[b] * part,
        climate.low_c[a] * (1 - part) + climate.low_c[b] * part,
        (climate.wet_days[a] * (1 - part) + climate.wet_days[b] * part) / (_YEAR / 12),
    )


def _general(latitude: float, day: date) -> Normal:
    mean = 27 - 0.006 * latitude**2
    swing = min(13.0, 0.18 * abs(latitude))
    warmest = _WARMEST_DAY if latitude >= 0 else _WARMEST_DAY + _YEAR / 2
    season = math.cos((day.timetuple().tm_yday - warmest) * 2 * math.pi / _YEAR)
    middle = mean + swing * season
    wet = 0.32 + (0.12 * season if abs(latitude) < 23.5 else -0.05 * season)  # noqa: PLR2004
    return Normal(middle + 4.5, middle - 4.5, wet)


@lru_cache(maxsize=65536)
def day_at(seed: int, cell: Coordinates, day: date) -> Day:
    """Draw one day.

    Args:
        seed: Which world.
        cell: Of `cell_of`.
        day: Local date.
    """
    usual = normal(cell, day)
    words = (seed, cell.latitude, cell.longitude)

    def draw(what: str) -> float:
        return share("weather", what, *words, day.toordinal())

    # Warm and cold spells last some days; the draw in between is on the line from one to the next.
    spell, into = divmod(day.toordinal(), _SPELL_DAYS)
    ends = [between(-1, 1, "spell", *words, spell + n) for n in (0, 1)]
    anomaly = (ends[0] + (ends[1] - ends[0]) * into / _SPELL_DAYS) * _SPELL_C
    anomaly += (draw("day") * 2 - 1) * _DAY_C
    wet = draw("wet") < usual.wet
    cloud = 0.55 + 0.45 * draw("cloud") if wet else draw("cloud") ** 1.4 * 0.95
    # Clouds keep days cool and nights mild.
    high = usual.high_c + anomaly - (1.8 if wet else -0.6)
    low = usual.low_c + anomaly + (0.6 if wet else -0.3)
    low = min(low, high - 1.0)
    amount = -math.log(1 - draw("amount")) * 5.5 + 1.0 if wet else 0.0
    frozen = (high + low) / 2 < _SNOW_BELOW_C
    showery = high > 18 and draw("showers") < 0.55  # noqa: PLR2004
    wind = 6 + 22 * draw("wind") ** 1.6 + (5 if wet else 0)
    return Day(
        code=_code(cloud, amount, draw("code"), frozen=frozen, showery=showery, low=low),
        high_c=round(high, 1),
        low_c=round(low, 1),
        rain_mm=0.0 if frozen else round(amount, 1),
        showers_mm=round(amount, 1) if showery and not frozen else 0.0,
        snow_cm=round(amount * 0.7, 1) if frozen else 0.0,
        wet_hours=min(24, math.ceil(amount * (0.6 + draw("hours")))) if wet else 0,
        probability=_probability(usual.wet, draw("probability"), wet=wet),
        wind_kmh=round(wind, 1),
        gust_kmh=round(wind * (1.5 + 0.6 * draw("gust")), 1),
        wind_from=round(draw("from") * 359),
        cloud=cloud,
    )


def _probability(usual: float, drawn: float, *, wet: bool) -> int:
    return round(50 + 48 * drawn) if wet else round((12 + 60 * usual) * drawn)


def _code(
    cloud: float, amount: float, drawn: float, *, frozen: bool, showery: bool, low: float
) -> int:
    """Choose the WMO code that says what is drawn."""
    if amount == 0:
        if cloud > 0.8 and low < 8 and drawn < 0.25:  # noqa: PLR2004
            return 45
        return _step(cloud, (0.15, 0.4, 0.75), (0, 1, 2, 3))
    if frozen:
        return _step(amount, (3.0, 8.0), (71, 73, 75))
    if showery:
        if amount > 9 and drawn < 0.6:  # noqa: PLR2004
            return 95
        return _step(amount, (4.0, 12.0), (80, 81, 82))
    return _step(amount, (1.6, 2.4, 6.0, 14.0), (51, 53, 61, 63, 65))


def _step(value: float, limits: tuple[float, ...], codes: tuple[int, ...]) -> int:
    return codes[sum(value > limit for limit in limits)]


def cell_of(at: Coordinates) -> Coordinates:
    """Return the middle of the cell whose weather a point has."""
    return Coordinates(
        round(at.latitude / _CELL_DEGREES) * _CELL_DEGREES,
        max(-180.0, min(180.0, round(at.longitude / _CELL_DEGREES) * _CELL_DEGREES)),
    )


@dataclass(frozen=True, slots=True)
class Sun:
    """A day's sun, in UTC; the same moment twice where it does not rise, or does not set."""

    rise: datetime
    set: datetime
    daylight_s: float


def sun_on(at: Coordinates, day: date, offset: timedelta) -> Sun:
    """Return sunrise and sunset of a local date, by the usual approximation (about a minute off).

    https://gml.noaa.gov/grad/solcalc/solareqns.PDF

    Args:
        at: Where.
        day: Local date.
        offset: Of the local clock from UTC.
    """
    midnight = datetime.combine(day, time(), UTC) - offset
    year = 2 * math.pi / 365 * (day.timetuple().tm_yday - 1)
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(year)
        - 0.032077 * math.sin(year)
        - 0.014615 * math.cos(2 * year)
        - 0.040849 * math.sin(2 * year)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(year)
        + 0.070257 * math.sin(year)
        - 0.006758 * math.cos(2 * year)
        + 0.000907 * math.sin(2 * year)
        - 0.002697 * math.cos(3 * year)
        + 0.00148 * math.sin(3 * year)
    )
    latitude = math.radians(at.latitude)
    zenith = math.cos(math.radians(90.833))
    hour_angle = zenith / (math.cos(latitude) * math.cos(declination)) - math.tan(
        latitude
    ) * math.tan(declination)
    if not -1 <= hour_angle <= 1:
        return Sun(midnight, midnight, 0.0 if hour_angle > 1 else 86400.0)
    half_min = 4 * math.degrees(math.acos(hour_angle))
    noon = datetime.combine(day, time(), UTC) + timedelta(
        minutes=720 - 4 * at.longitude - equation_min
    )
    # Where the clock is far from the sun, noon must still fall on the local date.
    noon += timedelta(days=round((midnight + timedelta(hours=12) - noon) / timedelta(days=1)))
    half = timedelta(minutes=half_min)
    return Sun(noon - half, noon + half, half.total_seconds() * 2)
