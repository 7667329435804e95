"""What the answer to a flight search has to say about itself, in a few sentences."""

from tripsage_mcp.domain.flight import Unanswered
from tripsage_mcp.domain.flight_filter import Filtered, LeftOut
from tripsage_mcp.services.flights.pages import FlightPage
from tripsage_mcp.views.flight_asked import SEATED_INFANT

_EMPTY = "No offers. Try other dates, a nearby airport, or more connections."
_EMPTY_SO_FAR = "No offers from the airlines that answered."
_APART = "Airlines price adults and children apart: only totals are exact."
_SHORT = "short: under the usual minimum for a change there, by a rule of thumb."
_SHORTENED = "The last ones are without segments; a smaller limit shows them."
_FEW = 5


def note(page: FlightPage, *, shortened: bool) -> str | None:
    """Return the sentences that apply, or None where none does.

    Args:
        page: What is shown.
        shortened: Whether segments that were asked for had to be left out.
    """
    few = page.total < _FEW
    sentences = [
        _nothing(page) if page.filtered.fares_found == 0 else "",
        _left_out(page.filtered) if few and page.filtered.left_out else "",
        _strangers(page.filtered) if page.filtered.fares_found else "",
        _partial(page.unanswered) if page.unanswered is not None else "",
        f"{page.unreadable} offers could not be read and are left out." if page.unreadable else "",
        _APART if page.itineraries and _mixed(page) else "",
        _SHORT if _has_short(page) else "",
        SEATED_INFANT if page.request.infants_in_seat else "",
        _unconverted(page),
        _SHORTENED if shortened else "",
    ]
    return " ".join(filter(None, sentences)) or None


def _nothing(page: FlightPage) -> str:
    return _EMPTY if page.unanswered is None else _EMPTY_SO_FAR


def _left_out(filtered: Filtered) -> str:
    kept = f"Only {filtered.fares_kept}" if filtered.fares_kept else "None"
    why = ", ".join(_why(each) for each in filtered.left_out)
    give = "give" if filtered.fares_kept > 1 else "gives"
    return f"{kept} of {filtered.fares_found} fares {give} all that is asked; left out by {why}."


def _strangers(filtered: Filtered) -> str:
    if not filtered.strangers:
        return ""
    fit = "fits" if filtered.strangers == 1 else "fit"
    return (
        f"{filtered.strangers} of the airline names given {fit} no airline found here; check the"
        " spelling, or give IATA codes."
    )


def _why(each: LeftOut) -> str:
    unsaid = f", of which {each.unknown} do not say" if each.unknown else ""
    return f"{each.wish} {each.fares}{unsaid}"


def _partial(unanswered: Unanswered) -> str:
    groups = "group" if unanswered.batches == 1 else "groups"
    missing = f" ({unanswered.batches} {groups} missing)" if unanswered.batches else ""
    return (
        f"Partial: not every airline answered in time{missing}; there may be other and cheaper"
        " offers. Search again for them."
    )


def _mixed(page: FlightPage) -> bool:
    return bool(page.request.children_ages or page.request.infants_in_seat)


def _has_short(page: FlightPage) -> bool:
    parts = (part for itinerary in page.itineraries for part in itinerary.slices)
    return any(layover.short for part in parts for layover in part.layovers)


def _unconverted(page: FlightPage) -> str:
    if page.display is None:
        return ""
    charged = {fare.total.currency for i in page.itineraries for fare in i.fares}
    missing = sorted(charged - page.display.rates.keys() - {page.display.currency})
    return f"No exchange rate for {', '.join(missing)}." if missing else ""
