"""How facts about a destination look in an answer."""

from collections.abc import Sequence
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.country import Country
from tripsage_mcp.domain.destination import (
    Advisory,
    AdvisoryFound,
    HolidaysFound,
    TimeDifference,
)
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.sun import Daylight
from tripsage_mcp.services.destinations import DestinationFound, Failure, MoneyFacts
from tripsage_mcp.views.base import Answer, Opt, Part, Source
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
        return f"Public holidays: {named or 'none'}"


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
            currency=money.currency, rates=[RateRow.of(rate) for rate in money.rates], note=note
        )

    def words(self) -> str:
        """Say it in a line."""
        rates = [
            f"1 {rate.one} = {rate.is_worth} {self.currency} ({rate.words()})"
            for rate in self.rates
        ]
        return "; ".join([f"Money: {self.currency}", *rates, *([self.note] if self.note else [])])


class AdviceRow(Part):
    """What a government publishes, as published; without title it publishes nothing."""

    issuer: str
    title: Opt[str] = None
    statements: Annotated[
        Opt[list[str]],
        Field(description="Level or warnings in its words; empty: it warns of no travel"),
    ] = None
    updated: Opt[str] = None
    url: Opt[str] = None
    change: Annotated[Opt[str], Field(description="Its last change, quoted")] = None
    source: Source

    @classmethod
    def rows(cls, found: AdvisoryFound) -> "list[AdviceRow]":
        """Project what one issuer publishes."""
        source = Source.of(found.provenance)
        if not found.advisories:
            return [cls(issuer=found.issuer, source=source)]
        return [cls._of(advisory, source) for advisory in found.advisories]

    @classmethod
    def _of(cls, advisory: Advisory, source: Source) -> "AdviceRow":
        published = advisory.published
        return cls(
            issuer=advisory.issuer,
            title=advisory.title,
            statements=list(advisory.statements),
            updated=None if published is None else published.isoformat(),
            url=advisory.url,
            change=advisory.change,
            source=source,
        )

    def words(self) -> str:
        """Say it in a line."""
        if self.title is None:
            return f"{self.issuer}: publishes nothing about it"
        # An American title holds the level already.
        stated = [each for each in self.statements or () if each not in self.title]
        if not self.statements:
            stated = ["no warning against travel stated"]
        when = [] if self.updated is None else [self.updated]
        said = "; ".join([self.title, *stated, *when])
        return f"{self.issuer} ({self.source.data} data): {said} {self.url}"


class EmergencyNumbers(Part):
    """Numbers to call; `any` reaches every service."""

    any: Opt[str] = None
    police: Opt[str] = None
    ambulance: Opt[str] = None
    fire: Opt[str] = None


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


class Unavailable(Part):
    """A topic that could not be had whole; the rest of the answer stands."""

    topic: str
    source: Opt[str] = None
    code: str
    message: str
    retryable: bool

    @classmethod
    def of(cls, failure: Failure) -> "Unavailable":
        """Project a failure."""
        return cls(
            topic=failure.topic,
            source=failure.source,
            code=failure.code,
            message=failure.message,
            retryable=failure.retryable,
        )


class DestinationAnswer(Answer):
    """Facts for the days of a stay, by topic."""

    place: Resolved
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
            lines.append(f"Clocks: {self.clocks.hours_ahead_of_home:+g} h from home")
        lines += [f"Sun {row.date}: {row.sunrise} to {row.sunset}" for row in _risen(self.sun)]
        lines += [f"Not available: {each.topic}, {each.code}" for each in self.unavailable or ()]
        return "\n".join(lines)


def _practical(found: DestinationFound) -> PracticalPart | None:
    country = found.practical
    return None if country is None else PracticalPart.of(country, found.table)


def _some(days: Sequence[Daylight]) -> Sequence[Daylight]:
    """Keep each day of a week; of a longer stay one a week, and the last."""
    if len(days) <= _A_WEEK:
        return days
    return [*days[:-1:_A_WEEK], days[-1]]


def _risen(rows: Sequence[SunRow] | None) -> list[SunRow]:
    return [row for row in rows or () if row.sunrise is not None][:1]
