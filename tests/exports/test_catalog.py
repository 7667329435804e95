import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exports.build import journey, weekend
from tripsage_mcp.exports.catalog import FORMATS, NAMES, ExportFormat, write
from tripsage_mcp.exports.file_names import ascii_name, disposition, readable_name


@pytest.mark.parametrize("wanted", NAMES)
def test_every_format_makes_a_file_of_its_own_kind(wanted: ExportFormat) -> None:
    file = write(weekend(), wanted)

    assert file.name == f"Lisbon-in-May.{wanted}"
    assert file.content
    assert file.media_type == FORMATS[wanted].media_type
    assert file.notes == ()


@pytest.mark.parametrize("wanted", NAMES)
def test_the_same_version_is_the_same_file(wanted: ExportFormat) -> None:
    assert write(weekend(), wanted) == write(weekend(), wanted)


def test_what_is_missing_is_noted_beside_the_file() -> None:
    gaps = ("Some of it is missing.",)

    assert {write(journey(gaps=gaps), each).notes for each in NAMES} == {gaps}


@pytest.mark.parametrize(
    ("title", "safe", "readable"),
    [
        ("São Paulo in May", "Sao-Paulo-in-May.ics", "São Paulo in May.ics"),
        ("../../etc/passwd", "etc-passwd.ics", "etc passwd.ics"),
        ("京都", "trip.ics", "京都.ics"),
        ("CON", "trip-CON.ics", "CON.ics"),
        ('a"; filename="b', "a-filename-b.ics", "a ; filename= b.ics"),
        ("...", "trip.ics", "trip.ics"),
    ],
)
def test_a_file_has_a_safe_name_and_a_readable_one(title: str, safe: str, readable: str) -> None:
    assert ascii_name(title, "ics") == safe
    assert readable_name(title, "ics") == readable


@given(st.text(max_size=300))
def test_no_title_breaks_out_of_the_header(title: str) -> None:
    safe, readable = ascii_name(title, "pdf"), readable_name(title, "pdf")
    encodable = readable.encode("utf-8", "replace").decode()
    header = disposition(safe, encodable)

    form = r"""attachment; filename="([A-Za-z0-9.-]+)"; filename\*=UTF-8''(.+)"""
    found = re.fullmatch(form, header)
    assert found is not None
    assert found[1] == safe
    assert header.isascii()
    assert unquote(found[2]) == encodable
