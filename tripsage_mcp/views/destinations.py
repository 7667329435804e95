"""How facts about a destination look in an answer."""

from collections.abc import Sequence
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.country import Country
from tripsage_mcp.domain.destination import ClockChange, HolidaysFound, TimeDifference
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.sun import Daylight
from tripsage_mcp.services.destinations.service import DestinationFound, Failure, MoneyFacts
from tripsage_mcp.views.base import Answer, Opt, Part
from tripsage_mcp.views.destination_advice import AdviceRow
from tripsage_mcp.views.destination_weather import WeatherPart
from tripsage_mcp.views.places import Resolved

_A_WEEK = 7
_MINUTES_PER_HOUR = 60


class HolidayRow(Part):
    """One public holiday."""

    date: str
    name: str
    local_name: Opt[str] = None


class HolidaysPart(Part):
    """Public holidays within the stay; an empty list means that there is none."""

    days: list[HolidayRow]
    region: Annotated[
        Opt[str], Field(description="Code of the region whose own holidays are among them")
    ] = None
    note: Opt[str] = None
    source: str

    @classmethod
    def of(cls, found: HolidaysFound) -> "HolidaysPart":
        """Project holidays."""
        some_missing = found.regional and found.subdivision is None
        return cls(
            days=[
                HolidayRow(date=each.day.isoformat(), name=each.name, local_name=each.local_name)
                for each in found.holidays
            ],
            region=found.subdivision,
            note="national only; regions may keep more" if some_missing else None,
            source=found.source,
        )

    def words(self) -> str:
        """Name them in a line."""
        named = "; ".join(f"{row.date} {row.name}" for row in self.days)
        return f"Public holidays: {named or 'none'}" + (f" ({self.note})" if self.note else "")


class RateRow(Part):
    """What one unit of another currency is worth in the local one."""

    one: str
    is_worth: Annotated[str, Field(description="Units of the local currency")]
    as_of: str
    source: str
    data: str

    @classmethod
    def of(cls, rate: ExchangeRate) -> "RateRow":
        """Project a rate."""
        return cls(
            one=rate.base,
            is_worth=f"{rate.rate.normalize():f}",
            as_of=rate.as_of.isoformat(),
            source=rate.source,
            data=rate.data,
        )

    def words(self) -> str:
        """Say of when it is, and that it is invented where it is."""
        return self.as_of if self.data == "live" else f"{self.as_of}, {self.data} data"


class MoneyPart(Part):
    """The local currency; reference rates, not what a bank or a shop gives."""

    currency: str
    also_used: Annotated[Opt[list[str]], Field(description="Taken nearly everywhere too")] = None
    rates: list[RateRow]
    note: Opt[str] = None

    @classmethod
    def of(cls, money: MoneyFacts) -> "MoneyPart":
        """Project the currency and its rates."""
        note = None
        if money.home_currency == money.currency:
            note = "the same as at home"
        elif not money.rates:
            note = "no source quotes it"
        return cls(
            currency=money.currency,
            also_used=list(money.also_used) or None,
            rates=[RateRow.of(rate) for rate in money.rates],
            note=note,
        )

    def words(self) -> str:
        """Say it in a line."""
        rates = [
            f"1 {rate.one} = {rate.is_worth} {self.currency} ({rate.words()})"
            for rate in self.rates
        ]
        also = [f"{code} taken too" for code in self.also_used or ()]
        note = [self.note] if self.note else []
        return "; ".join([f"Money: {self.currency}", *also, *rates, *note])


class EmergencyNumbers(Part):
    """Numbers to call; `any` reaches every service."""

    any: Opt[str] = None
    police: Opt[str] = None
    ambulance: Opt[str] = None
    fire: Opt[str] = None


class ClockChangeRow(Part):
    """A night on which local clocks are put forward or back, before noon of this day."""

    date: str
    utc_offset: Annotated[str, Field(description="From then on")]

    @classmethod
    def of(cls, change: ClockChange) -> "ClockChangeRow":
        """Project a change."""
        hours, minutes = divmod(abs(change.minutes), _MINUTES_PER_HOUR)
        sign = "-" if change.minutes < 0 else "+"
        return cls(date=change.day.isoformat(), utc_offset=f"{sign}{hours:02}:{minutes:02}")


class ClockRow(Part):
    """A day on which the difference changes."""

    date: str
    hours: float


class ClockPart(Part):
    """How far local clocks are ahead of those at home; negative is behind."""

    home_zone: str
    hours_ahead_of_home: float
    changes: Opt[list[ClockRow]] = None

    @classmethod
    def of(cls, clocks: TimeDifference) -> "ClockPart":
        """Project a difference."""
        changes = [
            ClockRow(date=change.day.isoformat(), hours=change.minutes / _MINUTES_PER_HOUR)
            for change in clocks.changes
        ]
        return cls(
            home_zone=clocks.home_zone,
            hours_ahead_of_home=clocks.minutes / _MINUTES_PER_HOUR,
            changes=changes or None,
        )

    def words(self) -> str:
        """Say it in a line."""
        later = [f"{row.hours:+g} h from {row.date}" for row in self.changes or ()]
        return "; ".join([f"Clocks: {self.hours_ahead_of_home:+g} h from home", *later])


class PracticalPart(Part):
    """What the country's table knows; what is missing is not known."""

    plugs: Annotated[Opt[list[str]], Field(description="IEC types")] = None
    volts: Opt[str] = None
    hertz: Opt[str] = None
    emergency: Opt[EmergencyNumbers] = None
    drives_on: Opt[str] = None
    source: str

    @classmethod
    def of(cls, country: Country, source: str) -> "PracticalPart":
        """Project a country's facts."""
        current = country.electricity
        numbers = {str(service): number for service, number in country.emergency}
        return cls(
            plugs=None if current is None else list(current.plugs),
            volts=None if current is None else current.volts,
            hertz=None if current is None else current.hertz,
            emergency=EmergencyNumbers(**numbers) if numbers else None,
            drives_on=country.drives_on,
            source=source,
        )

    def words(self) -> str:
        """Say it in a line."""
        facts: list[str] = []
        if self.plugs:
            facts.append(f"plugs {', '.join(self.plugs)}, {self.volts} V, {self.hertz} Hz")
        if self.emergency is not None:
            numbers = self.emergency.model_dump(exclude_none=True).items()
            facts.append("emergency " + ", ".join(f"{who} {number}" for who, number in numbers))
        if self.drives_on is not None:
            facts.append(f"drives on the {self.drives_on}")
        return "Practical: " + ("; ".join(facts) or "nothing known")


class SunRow(Part):
    """A day's sun, by the local clock; without times it does not rise, or does not set."""

    date: str
    sunrise: Opt[str] = None
    sunset: Annotated[Opt[str], Field(description="+1: after midnight")] = None
    kind: Annotated[Opt[str], Field(description="midnight sun or polar night")] = None

    @classmethod
    def of(cls, light: Daylight) -> "SunRow":
        """Project one day."""
        rise, fall = light.sunrise, light.sunset
        if rise is None or fall is None:
            return cls(date=light.day.isoformat(), kind=light.kind)
        early, late = (
            f"{moment:%H:%M}" + {-1: "-1", 1: "+1"}.get((moment.date() - light.day).days, "")
            for moment in (rise, fall)
        )
        return cls(date=light.day.isoformat(), sunrise=early, sunset=late)

    def words(self) -> str:
        """Say it in a line."""
        return f"Sun {self.date}: {self.kind or f'{self.sunrise} to {self.sunset}'}"


class Unavailable(Part):
    """A topic that could not be had whole; the rest of the answer stands."""

    topic: str
    source: Opt[str] = None
    code: str
    message: str
    retryable: bool
    retry_after_s: Opt[float] = None

    @classmethod
    def of(cls, failure: Failure) -> "Unavailable":
        """Project a failure."""
        return cls(
            topic=failure.topic,
            source=failure.source,
            code=failure.code,
            message=failure.message,
            retryable=failure.retryable,
            retry_after_s=failure.retry_after_s,
        )


class DestinationAnswer(Answer):
    """Facts for the days of a stay, by topic."""

    place: Resolved
    place_names: Annotated[Opt[str], Field(description="Credit for them")] = None
    country: Annotated[Opt[str], Field(description="ISO 3166-1 alpha-2")] = None
    country_by_zone: Annotated[
        Opt[bool], Field(description="True: told by the point's time zone; may err near a border")
    ] = None
    time_zone: str
    start_date: str
    end_date: str
    weather: Opt[WeatherPart] = None
    holidays: Opt[HolidaysPart] = None
    money: Opt[MoneyPart] = None
    advice: Opt[list[AdviceRow]] = None
    practical: Opt[PracticalPart] = None
    clocks: Opt[ClockPart] = None
    clock_changes: Opt[list[ClockChangeRow]] = None
    sun: Annotated[
        Opt[list[SunRow]], Field(description="Computed; of a long stay, a day a week")
    ] = None
    unavailable: Opt[list[Unavailable]] = None

    @classmethod
    def of(cls, found: DestinationFound) -> "DestinationAnswer":
        """Project what was found."""
        spot, country = found.spot, found.spot.country
        holidays, money, advice = found.holidays, found.money, found.advice
        place = Resolved.of(spot.where)
        return cls(
            # Its zone is the answer's.
            place=place.model_copy(update={"time_zone": None}),
            place_names=_credit(spot.where.provenance),
            country=None if country is None else country.code,
            country_by_zone=(spot.country_by_zone and country is not None) or None,
            time_zone=spot.zone,
            start_date=spot.first.isoformat(),
            end_date=spot.last.isoformat(),
            weather=WeatherPart.of(found.weather, found.hourly, sun=found.sun is None),
            holidays=None if holidays is None else HolidaysPart.of(holidays),
            money=None if money is None else MoneyPart.of(money),
            advice=[row for each in advice for row in AdviceRow.rows(each)] if advice else None,
            practical=_practical(found),
            clocks=None if found.clocks is None else ClockPart.of(found.clocks),
            clock_changes=[ClockChangeRow.of(each) for each in found.clock_changes] or None,
            sun=None if found.sun is None else [SunRow.of(each) for each in _some(found.sun)],
            unavailable=[Unavailable.of(failure) for failure in found.failures] or None,
        )

    @override
    def text(self) -> str:
        """Say each topic in a line or a few."""
        named = (self.place.words(), self.country, f"{self.start_date} to {self.end_date}")
        lines = [", ".join(part for part in named if part is not None)]
        if self.weather is not None:
            lines += self.weather.lines()
        lines += [part.words() for part in (self.holidays, self.money) if part is not None]
        lines += [row.words() for row in self.advice or ()]
        if self.practical is not None:
            lines.append(self.practical.words())
        if self.clocks is not None:
            lines.append(self.clocks.words())
        lines += [f"Clocks change {c.date}: UTC{c.utc_offset}" for c in self.clock_changes or ()]
        lines += [row.words() for row in (self.sun or ())[:1]]
        lines += [f"Not available: {each.topic}, {each.code}" for each in self.unavailable or ()]
        return "\n".join(lines)


def _credit(provenance: Provenance | None) -> str | None:
    return None if provenance is None else provenance.attribution


def _practical(found: DestinationFound) -> PracticalPart | None:
    country = found.practical
    return None if country is None else PracticalPart.of(country, found.table)


def _some(days: Sequence[Daylight]) -> Sequence[Daylight]:
    """Keep each day of a week; of a longer stay one a week, and the last."""
    if len(days) <= _A_WEEK:
        return days
    return [*days[:-1:_A_WEEK], days[-1]]
