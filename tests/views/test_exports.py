from datetime import UTC, datetime

import pytest

from tripsage_mcp.exports.catalog import NAMES, ExportFormat
from tripsage_mcp.exports.journey import Exported
from tripsage_mcp.services.exports.service import Delivered
from tripsage_mcp.views.exports import ExportView


def delivered(wanted: ExportFormat, content: bytes = b"short", *, url: bool = False) -> Delivered:
    file = Exported(f"Trip.{wanted}", f"Trip.{wanted}", "text/plain", content)
    if url:
        ends = datetime(2027, 5, 10, 9, 30, tzinfo=UTC)
        return Delivered(file, wanted, url="https://x.example/exports/w", expires_at=ends)
    return Delivered(file, wanted, path="/home/me/Trip")


@pytest.mark.parametrize("wanted", NAMES)
def test_short_text_is_quoted_and_what_is_for_eyes_is_not(wanted: ExportFormat) -> None:
    view = ExportView.of(delivered(wanted))

    assert view.content == (None if wanted in {"html", "pdf"} else "short")
    assert view.path == "/home/me/Trip"


@pytest.mark.parametrize("wanted", NAMES)
def test_no_answer_grows_beyond_what_a_model_can_take(wanted: ExportFormat) -> None:
    view = ExportView.of(delivered(wanted, b"x" * 1_000_000))

    assert view.content is None
    assert len(view.model_dump_json()) < 500


def test_a_page_of_words_may_be_longer_than_data() -> None:
    content = b"x" * 20_000

    assert ExportView.of(delivered("md", content)).content == content.decode()
    assert ExportView.of(delivered("gpx", content)).content is None


def test_a_link_says_when_it_ends() -> None:
    view = ExportView.of(delivered("pdf", url=True))

    assert view.url_expires_at == "2027-05-10T09:30:00Z"
    assert view.words() == "Trip.pdf (5 bytes): https://x.example/exports/w"
