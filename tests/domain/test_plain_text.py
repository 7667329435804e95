import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.plain_text import plain


@given(st.text(), st.integers(2, 50))
def test_what_comes_out_is_bounded_visible_and_on_one_line(text: str, limit: int) -> None:
    made = plain(text, limit)
    assert len(made) <= limit
    assert not any(unicodedata.category(c).startswith("C") for c in made)
    assert made == " ".join(made.split())


@given(st.text())
def test_words_no_reader_sees_are_dropped(text: str) -> None:
    hidden = "".join(chr(0xE0100 + byte) for byte in text.encode(errors="replace") if byte < 0xF0)
    blank = "\u3164\u115f\u2800\u034f\ufe00"
    assert plain(f"A flat{hidden}{blank} by the sea", 50) == "A flat by the sea"


def test_an_emoji_keeps_its_looks() -> None:
    assert plain("sea \u2764\ufe0f", 50) == "sea \u2764\ufe0f"


def test_a_cut_falls_between_words() -> None:
    assert plain("a sunny flat by the river", 14) == "a sunny flat…"
    assert plain("x" * 30, 10) == "x" * 9 + "…"
