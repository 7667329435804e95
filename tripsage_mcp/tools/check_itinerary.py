"""The `check_itinerary` tool."""

from typing import Annotated, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.itineraries import Checked
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.itinerary_views import (
    MAX_FINDINGS,
    FindingView,
    ItineraryView,
    findings_views,
    findings_words,
    more,
)
from tripsage_mcp.tools.results import Answer, Opt, Source, tool


class CheckedAnswer(Answer):
    """What is wrong with an itinerary."""

    verdict: Annotated[
        str, Field(description="works, works_with_warnings, not_fully_checked or broken")
    ]
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, checked: Checked) -> "CheckedAnswer":
        """Project a check."""
        return cls(
            verdict=checked.verdict,
            findings=findings_views(checked.findings),
            findings_omitted=more(checked.findings, MAX_FINDINGS),
            unavailable=list(checked.unavailable) or None,
            sources=[Source.of(p) for p in checked.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Sum the findings up."""
        return findings_words(self.verdict, self.findings)


async def check_itinerary(
    itinerary: Annotated[
        ItineraryView,
        Field(description="As build_itinerary returned it, edited or written by hand"),
    ],
    svc: Services = Depends(services),
) -> CheckedAnswer:
    """Check any day-by-day plan: opening hours, travel times, flight margins, overlaps, meals.

    Hours and travel times are fetched anew for items with a place_id (from search_places or
    build_itinerary); what cannot be known is reported as unchecked, never as fine.
    """
    return CheckedAnswer.of(await svc.itineraries.check(itinerary.draft()))


TOOL = tool(
    check_itinerary, title="Check an itinerary", read_only=True, idempotent=True, open_world=True
)
