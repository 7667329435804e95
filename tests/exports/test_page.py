import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.exports.build import journey, stop, weekend
from tests.exports.hostile import HOSTILE
from tripsage_mcp.exports.journey import Journey
from tripsage_mcp.exports.page import policy, write_page

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Keeps the elements and the text, and refuses what is not closed in order."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def style(page: bytes) -> str:
    found = re.search(r"<style>(.*?)</style>", page.decode(), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_needs_nothing_from_outside() -> None:
    page = write_page(weekend())
    read = Page(page)

    assert not {"script", "link", "iframe", "img", "object", "form"} & {t for t, _ in read.elements}
    for tag, attributes in read.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"src", "href", "xlink:href", "action", "style"}:
                assert tag == "a"
                assert (value or "").startswith(("#", "geo:"))
    assert "url(" not in style(page)
    assert "@import" not in style(page)
    outside = re.findall(r"https?://[^\s\"<]+", page.decode())
    assert set(outside) == {"http://www.w3.org/2000/svg"}


def test_the_page_forbids_itself_everything_but_its_style() -> None:
    meta = Page(write_page(weekend())).all("meta")

    said = next(m["content"] for m in meta if m.get("http-equiv") == "Content-Security-Policy")
    assert said == policy()
    assert said is not None
    assert said.startswith("default-src 'none'; style-src 'sha256-")


def test_the_page_has_a_language_headings_and_a_map_a_day() -> None:
    read = Page(write_page(weekend()))

    assert read.all("html") == [{"lang": "en"}]
    assert len(read.all("h1")) == 1
    assert len(read.all("svg")) == 4
    assert all(svg["role"] == "img" for svg in read.all("svg"))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    jumps = [a["href"] for a in read.all("a") if (a["href"] or "").startswith("#")]
    assert {(jump or "")[1:] for jump in jumps} <= set(ids)


def test_the_page_is_made_for_print_and_for_the_dark() -> None:
    css = style(write_page(weekend()))

    assert "@media print" in css
    assert "break-inside: avoid" in css
    assert "prefers-color-scheme: dark" in css
    # The reader's paper, not ours.
    assert not re.search(r"size:\s*(A4|letter)", css, re.IGNORECASE)


def test_words_have_contrast_in_light_and_dark() -> None:
    from tests.exports.test_map_picture import contrast  # noqa: PLC0415

    css = style(write_page(weekend()))
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in (css.split("@media screen")[0], css.split("@media screen")[1].split("}\n}")[0])
    )
    for colours in (light, {**light, **dark}):
        for words in ("ink", "quiet", "link"):
            assert contrast(colours[words], colours["paper"]) >= 4.5
            assert contrast(colours["ink"], colours["ground"]) >= 4.5
        assert contrast(colours["warn"], colours["warn-ground"]) >= 4.5


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(name: str) -> None:
    whole = journey(
        stop(name, why=name, notes=name, reference=name, route=name),
        title=name,
        destination=name,
        notes=name,
        travellers=(name,),
        credits=(name,),
    )
    read, plain = Page(write_page(whole)), Page(write_page(journey(stop(why="x", notes="x"))))

    text = "".join(read.texts)
    assert name.replace("\r\n", "\n") in text.replace("\r\n", "\n")
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in plain.elements} | {"section"}


def shown(whole: Journey) -> str:
    return " ".join(" ".join(Page(write_page(whole)).texts).split())


def test_the_page_says_what_there_is_to_know() -> None:
    text = shown(weekend())

    for words in (
        "For you, Inês",
        "10 to 12 May 2027",
        "Reference ABC123",
        "If it rains: National Coach Museum",
        "Not on a day yet",
        "Bring the blue bag.",
        "Open-Meteo.com",
    ):
        assert words in text


def test_invented_data_and_gaps_are_said() -> None:
    text = shown(replace(weekend(), sandbox=True, gaps=("Some of it is missing.",)))

    assert "invented data" in text
    assert "Some of it is missing." in text


def test_an_empty_journey_is_a_page_too() -> None:
    assert "Nothing is planned yet." in shown(journey(days=()))
