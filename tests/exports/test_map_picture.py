import math
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exports.build import HOME, journey, stop, weekend
from tests.exports.hostile import HOSTILE
from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.exports.map_picture import COLOURS, MapPicture, Mark, draw
from tripsage_mcp.exports.maps import day_map, overview
from tripsage_mcp.exports.projection import fit, round_length

SVG = "{http://www.w3.org/2000/svg}"
places = st.builds(Coordinates, st.floats(-80, 80), st.floats(-180, 180))
shifts = st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))


@st.composite
def towns(draw_: st.DrawFn) -> list[Coordinates]:
    """Return some places within a town, anywhere."""
    north, east = draw_(st.tuples(st.floats(-70, 70), st.floats(-180, 180)))
    return [
        Coordinates(north + up, (east + right + 180) % 360 - 180)
        for up, right in draw_(st.lists(shifts, min_size=2, max_size=10))
    ]


def parsed(drawing: str | None) -> ET.Element:
    assert drawing is not None
    return ET.fromstring(drawing)  # noqa: S314 - our own


def marks(*at: Coordinates) -> tuple[Mark, ...]:
    return tuple(Mark(str(n), f"{n}: place", each) for n, each in enumerate(at, 1))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", COLOURS)
def test_numbers_are_legible_on_the_colour_of_each_day(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5
    for ground in ("#f4f1ea", "#191e24", "#14181d"):
        assert contrast(colour, ground) >= 3


@given(towns())
def test_places_keep_their_distances_and_directions(at: list[Coordinates]) -> None:
    """Also where the date line runs through the town."""
    seen = fit(at, 640, 400, 34)

    for a, b in combinations(at, 2):
        (ax, ay), (bx, by) = seen.pixel(a), seen.pixel(b)
        metres = math.hypot(bx - ax, by - ay) * seen.metres
        assert metres == pytest.approx(great_circle_km(a, b) * 1000, rel=0.03, abs=2)
        if b.latitude > a.latitude:
            assert by <= ay


@given(st.lists(places, min_size=1, max_size=12))
def test_every_place_is_on_the_map(at: list[Coordinates]) -> None:
    drawing = parsed(draw(MapPicture("Map", marks(*at))))

    discs = [each for each in drawing.iter(f"{SVG}circle") if each.get("class") == "disc"]
    assert len(discs) == len(at)
    for disc in discs:
        assert 0 < float(disc.get("cx", "")) < 640
        assert 0 < float(disc.get("cy", "")) < 400


def test_places_in_one_spot_are_drawn_apart_and_tied_to_it() -> None:
    drawing = parsed(draw(MapPicture("Map", marks(HOME, HOME, HOME))))

    spots = [
        (float(each.get("cx", "")), float(each.get("cy", "")))
        for each in drawing.iter(f"{SVG}circle")
        if each.get("class") == "disc"
    ]
    assert all(math.dist(a, b) >= 22 for a, b in combinations(spots, 2))
    assert [each for each in drawing.iter(f"{SVG}circle") if each.get("class") == "leader"]


def test_an_airport_far_out_is_at_the_edge_with_its_distance() -> None:
    far = Mark("1", "1: Airport", Coordinates(38.7742, -9.1342), far=True)
    drawing = draw(MapPicture("Map", (far, *marks(HOME, Coordinates(38.711, -9.14)))))

    assert drawing is not None
    assert "6.7 km away" in drawing


def test_a_scale_is_a_round_length() -> None:
    assert [round_length(m) for m in (1, 4.9, 999, 1000, 2600, 70_000)] == [
        1,
        2,
        500,
        1000,
        2000,
        50_000,
    ]


def test_a_day_map_numbers_its_stops_and_shows_scale_and_north() -> None:
    drawing = parsed(day_map(weekend(), 1))

    words = [each.text for each in drawing.iter(f"{SVG}text")]
    assert words == ["1", "2", "3", "4", "5", "1 km", "N"]
    assert drawing.findtext(f"{SVG}title") == "Map of Tuesday 11 May 2027"
    assert drawing.get("role") == "img"


def test_the_overview_numbers_days() -> None:
    words = [each.text for each in parsed(overview(weekend())).iter(f"{SVG}text")]

    assert [word for word in words if (word or "").isdigit()] == [*"111111", *"22222", *"3333"]


def test_without_places_there_is_no_map() -> None:
    nowhere = journey(stop(coordinates=None, number=None))

    assert day_map(nowhere, 0) is None
    assert overview(nowhere) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_on_a_map(name: str) -> None:
    drawing = parsed(day_map(journey(stop(name)), 0))

    allowed = {"svg", "title", "rect", "path", "circle", "text", "g"}
    assert {each.tag.removeprefix(SVG) for each in drawing.iter()} <= allowed
    assert any(each.text == f"1: {name}".replace("\r\n", "\n") for each in drawing.iter())
