import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from tests.exports.build import journey, stop, weekend
from tests.exports.hostile import HOSTILE
from tripsage_mcp.exports.document import NO_LETTERS, write_document
from tripsage_mcp.exports.journey import Journey


def read(whole: Journey) -> PdfReader:
    return PdfReader(io.BytesIO(write_document(whole)[0]))


def text(whole: Journey) -> str:
    pages = "\n".join(page.extract_text() for page in read(whole).pages)
    return " ".join(pages.replace("\u200b", "").split())


def squeezed(words: str) -> str:
    """Return words without what a line break or a long word may put between them."""
    return re.sub(r"\s", "", words.replace("\u200b", ""))


def test_the_document_says_what_there_is_to_know() -> None:
    words = text(weekend())

    for each in (
        "Lisbon in May",
        "For you, Inês",
        "Tuesday 11 May 2027",
        "Reference ABC123",
        "Miradouro de São Pedro de Alcântara",
        "If it rains: National Coach Museum",
        "Not on a day yet",
        "And hats.",
        "Open-Meteo.com",
    ):
        assert each in words


def test_the_document_is_tagged_has_a_title_and_its_fonts_in_it() -> None:
    document = read(weekend())
    # The reader's types are open where the format's are.
    root: Any = document.trailer["/Root"]
    pages: list[Any] = list(document.pages)

    assert document.metadata is not None
    assert document.metadata.title == "Lisbon in May"
    assert "/StructTreeRoot" in root
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & described.keys()


def test_one_version_makes_one_file() -> None:
    assert write_document(weekend())[0] == write_document(weekend())[0]


def test_a_day_that_fits_on_a_page_is_on_one_page() -> None:
    pages = [page.extract_text() for page in read(weekend()).pages]

    for first, last in (("Day 1", "Cervejaria Trindade"), ("Day 2", "National Coach Museum")):
        assert len([page for page in pages if first in page and last in page]) == 1


def test_a_day_longer_than_a_page_goes_on_on_the_next() -> None:
    stops = [
        stop(f"Place number {n}", f"{8 + n // 6:02}:{n % 6}0", stop_id=f"p{n}", why="word " * 60)
        for n in range(60)
    ]
    words = text(journey(*stops))

    assert all(f"Place number {n} " in words for n in range(60))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_and_never_markup(name: str) -> None:
    whole = journey(
        stop(name, why=name, notes=name, reference=name),
        title=name,
        destination="Lisbon",
        notes=name,
        credits=(name,),
    )
    found = squeezed(text(whole))

    if name.isascii():
        assert squeezed(name) in found
    assert len(read(whole).pages) <= 2


def test_letters_in_no_font_are_admitted() -> None:
    lacking, notes = write_document(journey(stop("\U000110d0 Sora")))

    assert notes == (NO_LETTERS,)
    words = " ".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(lacking)).pages).split()
    )
    assert "none of the fonts at hand" in words


@pytest.mark.parametrize("name", ["Łódź", "Ελλάδα", "Привет", "“quoted” – 5 € · ½"])  # noqa: RUF001
def test_letters_of_its_own_fonts_need_no_excuse(name: str) -> None:
    assert write_document(journey(stop(name)))[1] == ()
    assert squeezed(name) in squeezed(text(journey(stop(name))))


def test_invented_data_and_gaps_are_said() -> None:
    whole = replace(weekend(), sandbox=True, gaps=("Some of it is missing.",))

    assert "invented data" in text(whole)
    assert write_document(whole)[1] == ("Some of it is missing.",)


def test_an_empty_journey_is_a_document_too() -> None:
    assert "Lisbon in May" in text(journey(days=()))
