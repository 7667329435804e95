from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.build_trips import NOW, invitation, item
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import TripRole, at_least
from tripsage_mcp.domain.trip_budget import BudgetLine, budget_figures
from tripsage_mcp.domain.trip_lists import holds_a_number
from tripsage_mcp.domain.trip_sharing import new_token, token_hash


def euros(amount: int | str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("role", "needed", "may"),
    [
        (None, "viewer", False),
        ("viewer", "viewer", True),
        ("viewer", "editor", False),
        ("editor", "editor", True),
        ("editor", "owner", False),
        ("owner", "viewer", True),
    ],
)
def test_a_role_may_do_what_lesser_ones_may(
    role: TripRole | None, needed: TripRole, *, may: bool
) -> None:
    assert at_least(role, needed) == may


def test_figures_stand_by_category_and_currency() -> None:
    items = [
        item(kind="meal", status="planned", price=euros("20.50")),
        item(kind="meal", status="idea", price=euros(10)),
        item(kind="meal", status="done", price=euros(30)),
        item(kind="meal", status="cancelled", price=euros(500)),
        item(kind="meal", status="done"),
        item(kind="stay", status="booked", price=Money(Decimal(40000), "JPY")),
        item(kind="stay", status="held", price=euros(100)),
        item(kind="visit", status="done", price=euros(5)),
        item(kind="activity", status="booked", price=euros(7)),
    ]
    lines = [
        BudgetLine("food", euros(25)),
        BudgetLine("stays", euros(300)),
        BudgetLine("shopping", Money(Decimal(50), "CHF")),
    ]

    figures = budget_figures(lines, items)

    assert [(f.category, f.currency) for f in figures] == [
        ("activities", "EUR"),
        ("food", "EUR"),
        ("shopping", "CHF"),
        ("stays", "EUR"),
        ("stays", "JPY"),
    ]
    sums = [(f.expected.amount, f.committed.amount, f.spent.amount, f.left) for f in figures]
    assert sums == [
        (0, 7, 5, None),
        (Decimal("30.50"), 0, 30, euros(-5)),
        (0, 0, 0, Money(Decimal(50), "CHF")),
        (0, 100, 0, euros(200)),
        (0, 40000, 0, None),
    ]
    assert budget_figures([], []) == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("C01X00T47", True),
        ("no. 123456789, red cover", True),
        ("AB1234", True),
        ("Expires 2027-05-10", False),
        ("In the red bag, with 2 photos", False),
        ("Apply by 10 May 2027", False),
        ("", False),
    ],
)
def test_the_number_of_a_document_is_recognised(text: str, *, number: bool) -> None:
    assert holds_a_number(text) == number


def test_an_item_has_aware_times_and_does_not_end_before_it_begins() -> None:
    assert item(starts=NOW, ends=NOW).ends == NOW
    wrong: list[dict[str, Any]] = [
        {"starts": NOW.replace(tzinfo=None)},
        {"ends": NOW},
        {"starts": NOW, "ends": NOW - timedelta(seconds=1)},
    ]
    for times in wrong:
        with pytest.raises(ValueError, match=r"must be aware|needs a beginning"):
            item(**times)


def test_an_invitation_is_open_until_it_is_used_up_revoked_or_over() -> None:
    now = datetime.now(UTC)
    assert invitation().open_at(now)
    assert not invitation(uses=1).open_at(now)
    assert not invitation(revoked_at=now).open_at(now)
    assert not invitation().open_at(now + timedelta(days=7, seconds=1))


def test_a_token_is_256_bits_long_and_stored_as_32_bytes_that_are_not_it() -> None:
    tokens = {new_token() for _ in range(20)}

    assert len(tokens) == 20
    assert {len(each) for each in tokens} == {43}
    assert len({token_hash(each) for each in tokens}) == 20
    assert {len(token_hash(each)) for each in tokens} == {32}
