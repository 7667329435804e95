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


def test_a_cut_falls_between_words() -> None:
    assert plain("a sunny flat by the river", 14) == "a sunny flat…"
    assert plain("x" * 30, 10) == "x" * 9 + "…"
