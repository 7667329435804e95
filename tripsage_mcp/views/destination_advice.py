"""How the travel advice of a government looks in an answer: as published, with date and link."""

from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.destination import Advisory, AdvisoryFound
from tripsage_mcp.views.base import Opt, Part, Source


class AdviceRow(Part):
    """What a government publishes, as published; without title nothing was found: see the url."""

    issuer: str
    title: Opt[str] = None
    statements: Annotated[
        Opt[list[str]],
        Field(description="In its words; empty: it warns of no travel; absent: the url tells"),
    ] = None
    updated: Opt[str] = None
    url: str
    change: Annotated[Opt[str], Field(description="Its last change, quoted")] = None
    source: Source

    @classmethod
    def rows(cls, found: AdvisoryFound) -> "list[AdviceRow]":
        """Project what one issuer publishes."""
        source = Source.of(found.provenance)
        if not found.advisories:
            return [cls(issuer=found.issuer, url=found.url, source=source)]
        return [cls._of(advisory, source) for advisory in found.advisories]

    @classmethod
    def _of(cls, advisory: Advisory, source: Source) -> "AdviceRow":
        published, statements = advisory.published, advisory.statements
        return cls(
            issuer=advisory.issuer,
            title=advisory.title,
            statements=None if statements is None else list(statements),
            updated=None if published is None else published.isoformat(),
            url=advisory.url,
            change=advisory.change,
            source=source,
        )

    def words(self) -> str:
        """Say it in a line."""
        if self.title is None:
            return (
                f"{self.issuer} ({self.source.data} data): nothing found about it, see {self.url}"
            )
        # An American title holds the level already.
        stated = [each for each in self.statements or () if each not in self.title]
        if self.statements is None:
            stated = ["level not told here, read the page"]
        elif not self.statements:
            stated = ["no warning against travel stated"]
        when = [] if self.updated is None else [self.updated]
        said = "; ".join([self.title, *stated, *when])
        return f"{self.issuer} ({self.source.data} data): {said} {self.url}"
