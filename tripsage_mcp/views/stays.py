"""How a page of stays looks in an answer."""

from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.stay import Area, StaySearch
from tripsage_mcp.domain.stay_cost import Budget
from tripsage_mcp.domain.stay_filter import StaysLeftOut
from tripsage_mcp.services.stays.pages import StaysPage
from tripsage_mcp.services.stays.sources import SourceFailure
from tripsage_mcp.views.base import Answer, Opt, Part
from tripsage_mcp.views.places import Resolved
from tripsage_mcp.views.stay_rows import BREVITIES, Brevity, StayRow, StaysSource, counted, pair

_TEXT_STAYS = 3
# 1,300 tokens, text included.
_MOST_CHARACTERS = 4_650
_EMPTY = "No stays. Try other dates, a wider place, or fewer wishes."
_EMPTY_SO_FAR = "Nothing here gives all that is asked; go on with next_cursor, or ask for less."
_ELSEWHERE = "These lie far from that place: perhaps another of the same name. Add the country."
_UNRESOLVED = "The place could not be looked up, so check that the stays lie where you mean."
_BY_WORDS = "A source took the location by its words alone: check that its stays lie there."
_WITHIN_ROUND = "Sorted among the stays read so far; next_cursor may lead to others."
_SHORTENED = "A smaller limit shows beds, reviews and positions too."


class FailedSource(Part):
    """A source that did not answer; what it has is missing here."""

    source: str
    code: str
    message: str
    hint: Opt[str] = None
    retryable: bool
    retry_after_s: Opt[float] = None

    @classmethod
    def of(cls, failure: SourceFailure) -> "FailedSource":
        """Project a failure."""
        return cls(
            source=failure.source,
            code=failure.code,
            message=failure.message,
            hint=failure.hint,
            retryable=failure.retryable,
            retry_after_s=failure.retry_after_s,
        )


class LeftOutPart(Part):
    """Listings that do not give something asked for."""

    wish: str
    stays: int
    unknown: Annotated[Opt[int], Field(description="Whose source does not tell")] = None

    @classmethod
    def of(cls, left: StaysLeftOut) -> "LeftOutPart":
        """Project a count."""
        return cls(wish=left.wish, stays=left.stays, unknown=left.unknown or None)


class NearPart(Part):
    """What the stays should be near to."""

    name: str
    at: str
    walks: Annotated[Opt[str], Field(description="Where walk_minutes come from")] = None

    @classmethod
    def of(cls, page: StaysPage) -> "NearPart":
        """Project it."""
        assert page.near is not None
        at = page.near.coordinates
        return cls(name=page.near.name, at=pair(at.latitude, at.longitude), walks=_walks(page))


class StaysAnswer(Answer):
    """One page of places to sleep."""

    sources: list[StaysSource]
    failed: Opt[list[FailedSource]] = None
    location: Annotated[Opt[str], Field(description="As the sources were asked")] = None
    place: Annotated[Opt[Resolved], Field(description="What location was taken to mean")] = None
    confidence: Annotated[str, Field(description="That it is the place meant")]
    area: Annotated[
        Opt[str], Field(description="Searched box: south-west corner, north-east corner")
    ] = None
    near: Opt[NearPart] = None
    check_in: str
    check_out: str
    nights: int
    guests: str
    budget: Opt[str] = None
    rates: Annotated[Opt[list[str]], Field(description="How prices were compared")] = None
    link: Annotated[Opt[str], Field(description="Put in what follows the colon")] = None
    sort: Annotated[Opt[str], Field(description="Absent: relevance, sources in turn")] = None
    found: Annotated[int, Field(description="That fit, here and on the pages read with it")]
    left_out: Opt[list[LeftOutPart]] = None
    stays: list[StayRow]
    next_cursor: Opt[str] = None
    note: Opt[str] = None

    @classmethod
    def of(cls, page: StaysPage) -> "StaysAnswer":
        """Project one page, as fully as there is room for.

        Where there is none for all of it the page ends sooner, and the next begins there.
        """
        *fuller, least = BREVITIES
        for brevity in fuller:
            answer = cls._with(page, brevity)
            if _fits(answer):
                return answer
        answer = cls._with(page, least)
        while not _fits(answer) and len(page.lodgings) > 1:
            page = page.cut(len(page.lodgings) - 1)
            answer = cls._with(page, least)
        return answer

    @classmethod
    def _with(cls, page: StaysPage, brevity: Brevity) -> "StaysAnswer":
        search, asked = page.search, page.asked
        shown = [lodging.shown for lodging in page.lodgings]
        sources = {
            name: StaysSource.over(pages[-1].provenance, [s for s in shown if s.source == name])
            for name, pages in asked.pages.items()
        }
        return cls(
            sources=list(sources.values()),
            failed=[FailedSource.of(failure) for failure in asked.failures] or None,
            location=search.location or None,
            place=None if page.where is None else Resolved.of(page.where),
            confidence=page.confidence,
            area=None if page.area is None else _corners(page.area),
            near=None if page.near is None else NearPart.of(page),
            check_in=search.check_in.isoformat(),
            check_out=search.check_out.isoformat(),
            nights=search.nights,
            guests=guests(search),
            budget=None if page.wishes.budget is None else _budget(page.wishes.budget),
            rates=_rates(page) or None,
            link=_link(page),
            sort=None if page.sort == "relevance" else page.sort,
            found=page.total,
            left_out=[LeftOutPart.of(left) for left in page.left_out] or None,
            stays=[StayRow.of(lodging, page, sources, brevity) for lodging in page.lodgings],
            next_cursor=page.next_cursor,
            note=_note(page, brevity),
        )

    @override
    def text(self) -> str:
        """List the first few, one a line."""
        count = counted(len(self.stays), "stay") or "0 stays"
        kinds = " and ".join(sorted({source.data for source in self.sources}))
        where = self.location or (self.place.words() if self.place else "there")
        nights = counted(self.nights, "night")
        head = f"{count} in {where}, {nights} from {self.check_in} ({kinds} data)."
        currencies = {source.source: source.currency for source in self.sources}
        rows = [f"- {row.words(currencies)}" for row in self.stays[:_TEXT_STAYS]]
        failed = [f"{one.source} failed: {one.code}." for one in self.failed or []]
        return "\n".join([head, *rows, *failed, *([self.note] if self.note else [])])


def _fits(answer: StaysAnswer) -> bool:
    length = len(answer.model_dump_json(exclude_none=True)) + len(answer.text())
    return length <= _MOST_CHARACTERS


def guests(search: StaySearch) -> str:
    """Say who sleeps there: `2 adults, 1 child, 2 rooms`."""
    counts = (
        counted(search.adults, "adult"),
        counted(search.children, "child", "children"),
        counted(search.infants, "infant"),
        counted(search.pets, "pet"),
        counted(search.rooms, "room") if search.rooms > 1 else "",
    )
    return ", ".join(filter(None, counts))


def _link(page: StaysPage) -> str | None:
    """Return the address of every stay that has one, `{id}` in place of the source's id."""
    for lodging in page.lodgings:
        for stay in lodging.listings:
            if stay.url is not None:
                return stay.url.replace(stay.listing_id, "{id}", 1)
    return None


def _corners(area: Area) -> str:
    return f"{area.south:.2f},{area.west:.2f} {area.north:.2f},{area.east:.2f}"


def _budget(budget: Budget) -> str:
    least = "" if budget.least is None else f"{budget.least} to "
    span = "a night" if budget.nightly else "in all"
    return f"{least}{budget.most} {budget.currency} {span}"


def _rates(page: StaysPage) -> list[str]:
    """Say by what rates prices were compared, where that decided anything."""
    if page.wishes.budget is None and page.sort != "price":
        return []
    return [
        f"1 {rate.base} = {rate.rate.normalize():f} {rate.quote} ({rate.source}, {rate.as_of})"
        for rate in page.asked.costs.rates.values()
    ]


def _walks(page: StaysPage) -> str | None:
    shown = [stay.stay_id for lodging in page.lodgings for stay in lodging.listings]
    known = [stay_id for stay_id in shown if stay_id in page.walks.minutes]
    guessed = [stay_id for stay_id in known if stay_id in page.walks.estimated]
    if not known:
        return None
    if not guessed:
        return f"routed by {page.walks.source}"
    if len(guessed) == len(known):
        return "estimated from the distance"
    return f"routed by {page.walks.source}, but estimated for {', '.join(guessed)}"


def _note(page: StaysPage, brevity: Brevity) -> str | None:
    notes = (
        _nothing(page) if not page.lodgings else "",
        _UNRESOLVED if page.where is None else "",
        _ELSEWHERE if page.elsewhere else "",
        _BY_WORDS if page.where is not None and page.by_words and not page.elsewhere else "",
        _WITHIN_ROUND if page.sort != "relevance" and page.asked.following else "",
        f"Later pages ask {' and '.join(again)} again."
        if (again := page.asked.asked_again)
        else "",
        "" if brevity.beds and brevity.position else _SHORTENED,
        f"{page.skipped} listings could not be read and are left out." if page.skipped else "",
    )
    return " ".join(filter(None, notes)) or None


def _nothing(page: StaysPage) -> str:
    return _EMPTY if page.next_cursor is None else _EMPTY_SO_FAR
