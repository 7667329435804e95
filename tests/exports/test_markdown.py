import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.exports.build import journey, stop, weekend
from tests.exports.hostile import HOSTILE, names
from tripsage_mcp.exports.markdown import escape, escape_line, write_markdown


def shown(markdown: str) -> str:
    """Return the text that a reader of the rendered page sees, and nothing but text."""
    seen: list[str] = []
    for token in MarkdownIt("commonmark").parse(markdown):
        for child in token.children or []:
            assert child.type in {"text", "text_special", "softbreak"}, child.type
            seen.append(child.content if child.type != "softbreak" else " ")
        assert token.type in {"paragraph_open", "inline", "paragraph_close"}, token.type
    return "".join(seen)


@given(names)
def test_a_name_comes_out_as_it_went_in(name: str) -> None:
    assert shown(escape_line(name)) == " ".join(name.split())
    assert shown(f"x {escape(name)}") == f"x {' '.join(name.split())}"


@given(st.text(alphabet="\\`*_{}[]()<>#+-.!|~&;=1 ax\n", max_size=40))
def test_no_punctuation_becomes_markup(name: str) -> None:
    assert shown(escape_line(name)) == " ".join(name.split())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_has_no_html_no_link_and_no_picture(name: str) -> None:
    page = write_markdown(journey(stop(name, why=name, notes=name), title=name, notes=name))

    html = MarkdownIt("commonmark").render(page.decode())
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {"h1", "h2", "p", "br", "ul", "li", "strong", "em", "blockquote", "hr"}
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 2


def test_the_page_reads_well() -> None:
    page = write_markdown(weekend()).decode()

    assert page.startswith("# Lisbon in May\n\nLisbon, Portugal  \n10 to 12 May 2027  \n")
    assert "## Tuesday 11 May 2027 · 21 °C, showers\n" in page
    assert "- **09:20 London time–12:05** Flight: TP 1351 · " in page  # noqa: RUF001 - a dash
    assert "- **12:50–13:40** Lunch: Pastéis de Belém" in page  # noqa: RUF001
    assert "*Then: 17 min on foot, 1.2 km*" in page
    assert "- If it rains: National Coach Museum instead of Belém Tower" in page
    assert page.endswith("Weather: Open-Meteo.com, CC BY 4.0\n")


def test_an_empty_journey_says_so() -> None:
    assert "Nothing is planned yet." in write_markdown(journey(days=())).decode()


def test_invented_data_is_said_at_the_top() -> None:
    page = write_markdown(journey(sandbox=True)).decode()

    assert page.index("invented data") < page.index("## Monday")
