from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.memory import CATEGORIES, HARD, Memory, content_words, key, shared_words

A_FACT = Memory(UUID(int=1), "Prefers aisle seats", "flights", datetime(2027, 1, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Prefers aisle seats.", "prefers  AISLE seats"),
        ("Café São Jorge", "cafe sao jorge"),
        ("Straße", "STRASSE"),
        ("Ⅳ rooms", "iv rooms"),
    ],
)
def test_case_accents_and_punctuation_do_not_count(text: str, same: str) -> None:
    assert key(text) == key(same)


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert key(key(text)) == key(text)


@given(st.lists(st.text(), max_size=5).map(" ".join))
def test_a_text_shares_all_its_words_with_itself(text: str) -> None:
    words = content_words(text)

    assert len(words) == len(set(words))
    assert shared_words(words, words) == words
    assert shared_words(words, ()) == ()


def test_words_with_the_same_beginning_are_shared_and_short_ones_must_be_equal() -> None:
    asked = content_words("What allergies does she have, and which tea?")

    assert asked == ("allergies", "tea")
    assert shared_words(asked, content_words("Allergic to teak")) == ("allergies",)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"text": "prefers aisle seats!"}, True),
        ({"subject": "SELF", "quote": "x", "origin": "inferred"}, True),
        ({"text": "Prefers window seats"}, False),
        ({"category": "other"}, False),
        ({"subject": "Ines"}, False),
        ({"valid_until": date(2027, 1, 5)}, False),
        ({"trip_id": UUID(int=7)}, False),
    ],
)
def test_a_statement_says_the_same_about_the_same_for_as_long(
    change: dict[str, str],
    same: bool,  # noqa: FBT001
) -> None:
    assert A_FACT.says_the_same(replace(A_FACT, **change)) is same


def test_a_statement_holds_until_it_is_superseded_or_its_last_day_is_over() -> None:
    until = replace(A_FACT, valid_until=date(2027, 1, 5))

    assert A_FACT.holds_on(date(9999, 1, 1))
    assert until.holds_on(date(2027, 1, 5))
    assert not until.holds_on(date(2027, 1, 6))
    assert not replace(A_FACT, superseded_by=UUID(int=2)).holds_on(date(2027, 1, 4))


def test_hard_constraints_come_first_in_a_profile() -> None:
    assert set(CATEGORIES[: len(HARD)]) == HARD
