"""Trips as files over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests import fakes_itinerary
from tests.build_trips import keep, trip
from tests.fakes_exports import export_service
from tests.fakes_storage import FakeStorage, ShakyStorage
from tests.rest.served import client, fields, refused
from tripsage_mcp.domain.account import LOCAL_ACCOUNT
from tripsage_mcp.exports.catalog import FORMATS, NAMES, ExportFormat
from tripsage_mcp.exports.page import policy
from tripsage_mcp.services.exports.service import ExportService

pytestmark = pytest.mark.anyio


async def exports_of_a_trip(title: str = "São Paulo in May") -> tuple[ExportService, str]:
    storage, made = FakeStorage(), trip(title=title)
    await keep(storage, LOCAL_ACCOUNT, made)
    return export_service(storage, address=lambda: ""), str(made.trip_id)


def path(trip_id: str, wanted: str = "ics") -> str:
    return f"/api/v1/trips/{trip_id}/export?format={wanted}"


@pytest.mark.parametrize("wanted", NAMES)
async def test_a_trip_is_fetched_as_a_file(wanted: ExportFormat) -> None:
    exports, trip_id = await exports_of_a_trip()
    async with client(exports=exports) as http:
        response = await http.get(path(trip_id, wanted))

    assert response.status_code == 200
    assert response.headers["content-type"] == FORMATS[wanted].media_type
    assert response.headers["content-disposition"] == (
        f'attachment; filename="Sao-Paulo-in-May.{wanted}"; '
        f"filename*=UTF-8''S%C3%A3o%20Paulo%20in%20May.{wanted}"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.content


async def test_a_page_may_do_nothing_where_it_is_opened() -> None:
    exports, trip_id = await exports_of_a_trip()
    async with client(exports=exports) as http:
        response = await http.get(path(trip_id, "html"))

    said = response.headers["content-security-policy"]
    assert said.startswith(policy())
    assert said.endswith("; sandbox")


async def test_a_file_that_is_known_already_is_not_sent_again() -> None:
    exports, trip_id = await exports_of_a_trip()
    async with client(exports=exports) as http:
        first = await http.get(path(trip_id))
        etag = first.headers["etag"]
        again = await http.get(path(trip_id), headers={"if-none-match": f'"x", W/{etag}'})
        other = await http.get(path(trip_id), headers={"if-none-match": '"x"'})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert (other.status_code, other.content) == (200, first.content)


async def test_a_head_says_the_same_without_the_file() -> None:
    exports, trip_id = await exports_of_a_trip()
    async with client(exports=exports) as http:
        whole, head = await http.get(path(trip_id)), await http.head(path(trip_id))

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    ("query", "field"), [("format=docx", "format"), ("", "format"), ("format=ics&page=2", "page")]
)
async def test_what_makes_no_sense_is_refused(query: str, field: str) -> None:
    exports, trip_id = await exports_of_a_trip()
    async with client(exports=exports) as http:
        response = await http.get(f"/api/v1/trips/{trip_id}/export?{query}")

    assert response.status_code == 422
    assert fields(response) == [field]


async def test_a_trip_nobody_has_is_not_found() -> None:
    exports, _ = await exports_of_a_trip()
    async with client(exports=exports) as http:
        response = await http.get(path(str(uuid4())))

    assert response.status_code == 404
    assert refused(response)["code"] == "not_found"


async def test_a_link_leads_to_the_file_and_a_wrong_one_to_an_explanation() -> None:
    exports, trip_id = await exports_of_a_trip()
    delivered = await exports.deliver(LOCAL_ACCOUNT, trip_id, "pdf")
    assert delivered.url is not None
    async with client(exports=exports) as http:
        found = await http.get(delivered.url)
        wrong = await http.get(delivered.url[:-3] + "AAA")

    assert found.content == delivered.exported.content
    assert found.headers["content-disposition"].startswith("attachment; filename=")
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.headers["x-robots-tag"] == "noindex"
    assert wrong.status_code == 404
    assert "expired" in wrong.text


async def test_an_expired_link_is_an_explanation_too() -> None:
    storage, made, now = FakeStorage(), trip(), [fakes_itinerary.NOW]
    await keep(storage, LOCAL_ACCOUNT, made)
    exports = export_service(storage, address=lambda: "", now=lambda: now[0])
    delivered = await exports.deliver(LOCAL_ACCOUNT, str(made.trip_id), "md")
    now[0] += timedelta(hours=1)
    assert delivered.url is not None
    async with client(exports=exports) as http:
        response = await http.get(delivered.url)

    assert response.status_code == 404


async def test_a_link_of_another_host_is_not_answered() -> None:
    exports, _ = await exports_of_a_trip()
    async with client(exports=exports) as http:
        response = await http.get("/exports/x", headers={"host": "evil.example"})

    assert response.status_code == 421


async def test_a_database_that_is_down_is_told_on_both_ways() -> None:
    exports, trip_id = await exports_of_a_trip()
    delivered = await exports.deliver(LOCAL_ACCOUNT, trip_id, "md")
    assert delivered.url is not None
    async with client(
        exports=export_service(ShakyStorage(FakeStorage()), address=lambda: "")
    ) as http:
        by_path, by_link = await http.get(path(trip_id)), await http.get(delivered.url)

    assert by_path.status_code == by_link.status_code == 503
