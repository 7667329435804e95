from itertools import pairwise

from tripsage_mcp.infrastructure.identifiers import uuid7


def test_ids_are_version_7_and_each_is_greater_than_the_one_before() -> None:
    ids = [uuid7() for _ in range(5000)]

    assert {made.version for made in ids} == {7}
    assert {made.variant for made in ids} == {"specified in RFC 4122"}
    assert all(first < second for first, second in pairwise(ids))
