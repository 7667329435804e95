"""A grid of travel dates with the cheapest offer of each; what is not known stays a hole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from tripsage_mcp.domain.flight import Offer

type CellState = Literal["priced", "empty", "failed", "not_asked"]

OUT_OF_TIME = "out_of_time"
"""Why a cell failed that was asked, but not answered within the time there was."""


@dataclass(frozen=True, slots=True)
class DateCell:
    """One pair of dates.

    Attributes:
        nights: Days from departure to return; None for one way.
        state: `empty` was asked, and nothing is sold.
        offers: The cheapest in each currency, the most usual currency first.
        failure: The error code, only of a failed cell.
        partial: Not every supplier answered, or not every offer could be read: there may be
            something cheaper.
    """

    departure: date
    nights: int | None = None
    state: CellState = "not_asked"
    offers: tuple[Offer, ...] = ()
    failure: str | None = None
    partial: bool = False

    @property
    def back(self) -> date | None:
        """The date of the return."""
        return None if self.nights is None else self.departure + timedelta(days=self.nights)


@dataclass(frozen=True, slots=True)
class PricedDates:
    """A cell with the one offer that stands for it."""

    cell: DateCell
    offer: Offer


@dataclass(frozen=True, slots=True)
class DateGrid:
    """What a search over many dates found.

    Attributes:
        cells: By departure, then by nights; every one that was planned.
    """

    cells: tuple[DateCell, ...]

    @property
    def searches_made(self) -> int:
        """How many cells were asked for, answered or not."""
        return sum(cell.state != "not_asked" for cell in self.cells)

    @property
    def nights(self) -> tuple[int, ...]:
        """The lengths of stay, in order; none for one way."""
        return tuple(sorted({c.nights for c in self.cells if c.nights is not None}))

    @property
    def currencies(self) -> tuple[str, ...]:
        """Of the prices shown, the currency of most dates first; prices compare within one only."""
        counts = Counter(o.total.currency for cell in self.cells for o in cell.offers)
        return tuple(sorted(counts, key=lambda code: (-counts[code], code)))

    def shown(self, cell: DateCell) -> Offer | None:
        """Return the offer that stands for a cell: in the currency of most dates, if it has one."""
        usual = self.currencies[:1]
        return next(
            (offer for offer in cell.offers if offer.total.currency in usual),
            next(iter(cell.offers), None),
        )

    @property
    def ranked(self) -> tuple[PricedDates, ...]:
        """Every priced cell, cheapest first; other currencies than that of most dates come last."""
        currencies = self.currencies
        priced = [PricedDates(c, offer) for c in self.cells if (offer := self.shown(c))]
        return tuple(
            sorted(
                priced,
                key=lambda one: (
                    currencies.index(one.offer.total.currency),
                    *_cost(one.offer)[:2],
                    one.cell.departure,
                    one.cell.nights or 0,
                ),
            )
        )


def connections(offer: Offer) -> int:
    """Return the most changes of flight on one slice."""
    return max(part.connections for part in offer.slices)


def cheapest_of_each_currency(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return one offer a currency, the currency of most offers first.

    Among equal prices fewer connections win, then less time, then the earlier departure.
    """
    together: dict[str, list[Offer]] = {}
    for offer in offers:
        together.setdefault(offer.total.currency, []).append(offer)
    usual_first = sorted(together.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(min(same, key=_cost) for _, same in usual_first)


def _cost(offer: Offer) -> tuple[Decimal, int, timedelta, datetime, str]:
    return (
        offer.total.amount,
        connections(offer),
        sum((part.duration for part in offer.slices), timedelta()),
        offer.slices[0].departs_at,
        offer.offer_id,
    )
