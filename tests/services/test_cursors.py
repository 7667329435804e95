import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.services.cursors import seal, unseal

VALUES = st.lists(st.none() | st.integers() | st.text(max_size=20), max_size=5)


@given(VALUES)
def test_what_was_sealed_is_read_back(values: list[object]) -> None:
    assert unseal(seal(values), longest=10_000) == values


@given(VALUES, st.data())
def test_a_word_changed_in_one_character_is_refused(
    values: list[object], data: st.DataObject
) -> None:
    word = seal(values)
    at = data.draw(st.integers(0, len(word) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != word[at]))
    assert unseal(word[:at] + other + word[at + 1 :], longest=10_000) is None


@pytest.mark.parametrize("word", ["", "=", "é", "a", "AAAA", "{}", json.dumps([1])])
def test_what_we_never_wrote_is_refused(word: str) -> None:
    assert unseal(word, longest=100) is None


def test_a_word_longer_than_any_of_ours_is_not_even_read() -> None:
    assert unseal(seal(["x" * 50]), longest=20) is None
