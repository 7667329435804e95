"""The booking tools through real clients of both protocol eras, with and without a way to ask."""

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import jsonschema
import mcp_types
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from fastmcp.client.elicitation import ElicitResult

from tests.build import server
from tests.build_bookings import ACCOUNT, OFFER_ID, PAGE, PRIVATE, Desk, desk, eur, offer, sell
from tests.build_flights import NOW, offer_id
from tripsage_mcp.domain.booking import Booking, Itinerary
from tripsage_mcp.services.bookings.service import MOST_LISTED
from tripsage_mcp.tools import book_flight, manage_flight_order

pytestmark = pytest.mark.anyio

type Era = Literal["auto", "legacy"]
both_eras = pytest.mark.parametrize("era", ["auto", "legacy"])

TOOLS = [book_flight.TOOL, manage_flight_order.TOOL]
INES: dict[str, Any] = {
    "passenger_id": "pas_1",
    "title": "ms",
    "given_name": "Inês",
    "family_name": "Silva",
    "gender": "f",
    "born_on": "1990-05-17",
    "email": "ines.s@example.org",
    "phone": "+351966123456",
}
BOOK: dict[str, Any] = {"offer_id": OFFER_ID, "total": "99.50 EUR", "passengers": [INES]}


@dataclass
class Traveller:
    """Answers a client's forms, and keeps what they were shown."""

    action: Literal["accept", "decline", "cancel"] = "accept"
    content: dict[str, Any] | None = field(default_factory=lambda: {"confirm": True})
    shown: list[str] = field(default_factory=list[str])

    async def __call__(self, message: str, *_about: object) -> ElicitResult[Any]:
        self.shown.append(message)
        if self.action != "accept":
            return ElicitResult(action=self.action)
        return ElicitResult(action="accept", content=self.content)


@asynccontextmanager
async def client(
    at: Desk, era: Era, traveller: Traveller | None = None
) -> AsyncGenerator[Client[Any]]:
    app = server([*TOOLS], bookings=at.bookings, consents=at.consents)
    if traveller is None:
        async with Client(app, mode=era) as mcp:
            yield mcp
    else:
        async with Client(app, mode=era, elicitation_handler=traveller) as mcp:
            yield mcp


async def call(mcp: Client[Any], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await mcp.call_tool(name, arguments, raise_on_error=False)
    return content(result)


def content(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


@both_eras
async def test_the_traveller_is_asked_in_the_client_and_their_yes_books(era: Era) -> None:
    at, traveller = desk(), Traveller()
    async with client(at, era, traveller) as mcp:
        assert mcp.protocol_version == ("2026-07-28" if era == "auto" else "2025-11-25")
        answer = await call(mcp, "book_flight", BOOK)

    assert (answer["status"], answer["bookings"][0]["booking_reference"]) == ("booked", "REF000")
    [shown] = traveller.shown
    for word in ("99.50 EUR", "Airline TP", "Mon 10 May 2027 09:00", "Inês Silva", "Refund"):
        assert word in shown
    assert at.orders.calls == ["create"]


@both_eras
@pytest.mark.parametrize(
    "traveller",
    [
        Traveller("decline"),
        Traveller("cancel"),
        Traveller("accept", {"confirm": False}),
    ],
)
async def test_anything_but_an_accepted_yes_is_a_no(era: Era, traveller: Traveller) -> None:
    at = desk()
    async with client(at, era, traveller) as mcp:
        answer = await call(mcp, "book_flight", BOOK)
    assert answer["status"] == "declined"
    assert answer["bookings"] == []
    assert at.orders.calls == []


@both_eras
async def test_a_client_that_cannot_ask_gets_a_link_and_goes_on_after_it(era: Era) -> None:
    at = desk()
    async with client(at, era) as mcp:
        waiting = await mcp.call_tool("book_flight", BOOK)
        url = content(waiting)["confirm_url"]
        assert content(waiting)["status"] == "awaiting_confirmation"
        assert content(waiting)["confirm_by"] == "2027-03-01T12:15:00Z"
        assert url.startswith(f"{PAGE}/confirm/")
        assert at.orders.calls == []
        still = await call(mcp, "book_flight", BOOK)
        assert still["confirm_url"] == url
        await at.consents.reply(url.rpartition("/")[2], "yes")
        answer = await call(mcp, "book_flight", BOOK)
        again = await call(mcp, "book_flight", BOOK)

    assert answer["status"] == again["status"] == "booked"
    assert "note" not in answer
    assert "done before" in again["note"]
    assert at.orders.calls == ["create"]


@both_eras
async def test_a_change_of_price_stops_and_the_new_one_is_asked_about(era: Era) -> None:
    at, traveller = desk(), Traveller()
    sell(at, offer(total=eur("120")))
    async with client(at, era, traveller) as mcp:
        refused = await mcp.call_tool("book_flight", BOOK, raise_on_error=False)
        assert refused.is_error
        assert content(refused)["code"] == "price_changed"
        assert "120.00 EUR" in content(refused)["message"]
        assert traveller.shown == []
        answer = await call(mcp, "book_flight", BOOK | {"total": "120 EUR"})
    assert answer["status"] == "booked"


@both_eras
async def test_a_hold_is_made_paid_and_cancelled(era: Era) -> None:
    at, traveller = desk(), Traveller()
    async with client(at, era, traveller) as mcp:
        held = await call(mcp, "book_flight", BOOK | {"hold": True})
        booking_id = held["bookings"][0]["booking_id"]
        assert held["bookings"][0]["pay_by"] == "2027-03-04T12:00:00Z"
        paid = await call(mcp, "manage_flight_order", {"action": "pay", "booking_id": booking_id})
        read = await call(mcp, "manage_flight_order", {"action": "get", "booking_id": booking_id})
        gone = await call(
            mcp, "manage_flight_order", {"action": "cancel", "booking_id": booking_id}
        )
        listed = await mcp.call_tool("manage_flight_order", {"action": "list"})

    assert [each["status"] for each in (held, paid, read, gone)] == [
        "held", "booked", "booked", "cancelled",
    ]  # fmt: skip
    assert (gone["refund"], gone["refund_to"]) == ("99.50 EUR", "the account that paid")
    assert read["bookings"][0]["passengers"] == ["Inês Silva"]
    assert read["bookings"][0]["tickets"]
    assert [shown.partition("\n")[0] for shown in traveller.shown] == [
        "Hold these flights at 99.50 EUR?",
        "Pay 99.50 EUR for the held booking REF000?",
        "Cancel the booking REF000?",
    ]
    assert "passengers" not in content(listed)["bookings"][0]
    assert "status" not in content(listed)
    words = "\n".join(block.text for block in listed.content if block.type == "text")
    assert words == (
        "Cancelled REF000: Airline TP, LIS-LHR 2027-05-10T09:00+01:00 TP1350, 99.50 EUR"
        " (sandbox data)"
    )


@pytest.mark.parametrize("content", [None, {}, {"confirm": "maybe"}, {"yes": True}])
@both_eras
async def test_a_form_that_does_not_say_yes_is_a_no(
    era: Era, content: dict[str, Any] | None
) -> None:
    at = desk()
    async with client(at, era, Traveller("accept", content)) as mcp:
        answer = await call(mcp, "book_flight", BOOK)
    assert answer["status"] == "declined"
    assert at.orders.calls == []


async def test_a_client_that_fails_to_ask_gets_the_link() -> None:
    async def broken(*_about: object) -> ElicitResult[Any]:
        raise RuntimeError("there is no window")

    at = desk()
    app = server([*TOOLS], bookings=at.bookings, consents=at.consents)
    async with Client(app, mode="legacy", elicitation_handler=broken) as mcp:
        answer = await call(mcp, "book_flight", BOOK)
    assert answer["status"] == "awaiting_confirmation"
    assert answer["confirm_url"].startswith(PAGE)


async def test_older_bookings_are_on_the_next_page() -> None:
    at = desk()
    made = 2 * MOST_LISTED + 1
    async with at.storage.begin(ACCOUNT) as unit:
        for n in range(made):
            one = Booking(
                booking_id=UUID(int=n + 1),
                offer_id=offer_id(n),
                kind="hold",
                status="held",
                total=eur("99.50"),
                itinerary=Itinerary("Airline TP", ()),
                data="sandbox",
                created_at=NOW + timedelta(minutes=n // 2),
                updated_at=NOW,
                order_id=f"ord_{n}",
                pay_by=NOW,
            )
            assert await unit.bookings.add(one)
    found: list[str] = []
    arguments: dict[str, Any] = {"action": "list"}
    async with client(at, "auto") as mcp:
        while True:
            page = await call(mcp, "manage_flight_order", arguments)
            found += [each["booking_id"] for each in page["bookings"]]
            # What was not read from the provider is not made out to be as it was.
            assert "pay_by has passed" in page["note"]
            if "next_cursor" not in page:
                break
            arguments = {"action": "list", "cursor": page["next_cursor"]}
    assert found == [str(UUID(int=n)) for n in range(made, 0, -1)]


async def raw(mcp: Client[Any], arguments: dict[str, Any], *answered: str) -> Any:
    """Make one call as it goes over the wire, with a yes under these keys."""
    yes = mcp_types.ElicitResult(action="accept", content={"confirm": True})
    answers: mcp_types.InputResponses = dict.fromkeys(answered, yes)
    return await mcp.session.call_tool(
        "book_flight", arguments, input_responses=answers or None, allow_input_required=True
    )


async def test_an_accepted_answer_sent_again_buys_nothing_more() -> None:
    at = desk()
    async with client(at, "auto", Traveller()) as mcp:
        asked = await raw(mcp, BOOK)
        assert isinstance(asked, mcp_types.InputRequiredResult)
        # Any server that shares the database can take the answer: nothing is kept on this one.
        assert asked.request_state is None
        [key] = asked.input_requests or {}
        results = [await raw(mcp, BOOK, key) for _ in range(3)]
        rita = BOOK | {"passengers": [INES | {"given_name": "Rita"}]}
        results.append(await raw(mcp, rita, key))
    assert [each.structured_content["status"] for each in results] == ["booked"] * 4
    assert at.orders.calls == ["create"]


async def test_a_yes_to_another_question_is_no_answer_to_this_one() -> None:
    at = desk()
    rita = BOOK | {"passengers": [INES | {"given_name": "Rita"}]}
    async with client(at, "auto", Traveller()) as mcp:
        [key] = (await raw(mcp, BOOK)).input_requests
        second = await raw(mcp, rita, key)
    assert isinstance(second, mcp_types.InputRequiredResult)
    assert [*(second.input_requests or {})] != [key]
    assert at.orders.calls == []


@both_eras
async def test_nothing_private_is_logged_or_repeated_in_an_error(
    era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    at = desk()
    async with client(at, era, Traveller()) as mcp:
        for change in ({"phone": "351966123456"}, {"email": "ines.s@example"}, {"title": "Inês"}):
            refused = await call(mcp, "book_flight", BOOK | {"passengers": [INES | change]})
            assert refused["code"] == "invalid_request"
            assert refused["argument"].startswith("passengers.0.")
            assert [word for word in PRIVATE if word in json.dumps(refused)] == []
        await call(mcp, "book_flight", BOOK)
    assert "tool_error" in caplog.text
    assert [word for word in PRIVATE if word in caplog.text] == []


async def test_answers_fit_their_schemas_and_hold_no_nulls() -> None:
    at = desk()
    async with client(at, "auto", Traveller()) as mcp:
        schemas = {tool.name: tool.output_schema for tool in await mcp.list_tools()}
        calls: list[tuple[str, dict[str, Any]]] = [
            ("book_flight", BOOK),
            ("book_flight", BOOK),
            ("manage_flight_order", {"action": "list"}),
        ]
        for name, arguments in calls:
            answer = await call(mcp, name, arguments)
            schema = schemas[name]
            assert schema is not None
            jsonschema.validate(answer, schema)
            assert "null" not in json.dumps(answer)
    async with client(desk(), "auto") as mcp:
        jsonschema.validate(await call(mcp, "book_flight", BOOK), schemas["book_flight"] or {})


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"action": "get"}, "booking_id"),
        ({"action": "list", "booking_id": "x"}, "booking_id"),
        ({"action": "pay", "booking_id": "ord_" + "0" * 22}, "booking_id"),
        ({"action": "refund"}, "action"),
        ({"action": "list", "cursor": "x"}, "cursor"),
        ({"action": "get", "booking_id": str(UUID(int=1)), "cursor": "x"}, "cursor"),
    ],
)
async def test_bad_input_is_an_error_that_names_the_argument(
    arguments: dict[str, Any], argument: str
) -> None:
    async with client(desk(), "auto") as mcp:
        answer = await call(mcp, "manage_flight_order", arguments)
    assert (answer["code"], answer["argument"]) == ("invalid_request", argument)
