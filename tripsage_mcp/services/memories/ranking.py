"""Which memories answer a question, in which order, and how many an answer has room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tripsage_mcp.domain.memory import CATEGORIES, Memory, content_words, shared_words
from tripsage_mcp.repositories.ports import MemoryMatch

type Why = Literal["always", "profile", "matched"]

# An id, a category, a date and the JSON around them.
_TOKENS_AROUND_TEXT = 50
_BYTES_PER_TOKEN = 4
_RANK = {category: rank for rank, category in enumerate(CATEGORIES)}


@dataclass(frozen=True, slots=True)
class Recalled:
    """One memory and the reason it is here.

    Attributes:
        why: `always` for hard constraints, `profile` when nothing was asked, else `matched`.
        words: The words of the query it has.
    """

    memory: Memory
    why: Why
    words: tuple[str, ...] = ()


def profile(held: Sequence[Memory], *, limit: int, max_tokens: int) -> tuple[Recalled, ...]:
    """Return hard constraints and the newest others that there is room for, by category.

    Args:
        held: Newest first.
        limit: How many besides the hard constraints.
        max_tokens: See `within_budget`.
    """
    hard = [Recalled(memory, "always") for memory in held if memory.hard]
    others = [Recalled(memory, "profile") for memory in held if not memory.hard]
    fitting = within_budget([*hard, *others[:limit]], max_tokens)
    return tuple(sorted(fitting, key=lambda each: _RANK[each.memory.category]))


def best_matches(
    held: Sequence[Memory], matches: Sequence[MemoryMatch], words: Sequence[str], *, limit: int
) -> tuple[Recalled, ...]:
    """Return hard constraints, then the best `limit` of the rest that have any of the words.

    Args:
        held: What there is to choose from, newest first.
        matches: What full text search found, best first; maybe more than `held` has.
        words: The query's; what full text search missed may still share a beginning with them.
        limit: How many besides the hard constraints.
    """
    content = content_words(" ".join(words))
    overlaps = {memory.memory_id: _overlap(content, memory) for memory in held}
    found = {match.memory.memory_id: {*match.words} for match in matches}
    for memory_id in sorted(overlaps, key=lambda each: -len(overlaps[each])):
        found.setdefault(memory_id, set()).update(overlaps[memory_id])
    matched = {
        memory_id: tuple(word for word in words if word in has)
        for memory_id, has in found.items()
        if has
    }
    by_id = {memory.memory_id: memory for memory in held}
    hard = [Recalled(m, "always", matched.get(m.memory_id, ())) for m in held if m.hard]
    # Which of the hard constraints the question is about still shows in their order.
    hard.sort(key=lambda each: -len(each.words))
    others = [
        Recalled(by_id[memory_id], "matched", has)
        for memory_id, has in matched.items()
        if memory_id in by_id and not by_id[memory_id].hard
    ]
    return (*hard, *others[:limit])


def within_budget(recalled: Sequence[Recalled], max_tokens: int) -> tuple[Recalled, ...]:
    """Drop from the end what an answer of about `max_tokens` has no room for.

    A hard constraint is never dropped: an answer that is too long does less harm than an allergy
    that nobody mentions.
    """
    left = max_tokens
    kept: list[Recalled] = []
    for each in recalled:
        left -= _tokens(each.memory)
        if left >= 0 or each.memory.hard:
            kept.append(each)
    return tuple(kept)


def _overlap(words: Sequence[str], memory: Memory) -> tuple[str, ...]:
    return shared_words(words, content_words(f"{memory.text} {memory.subject}"))


def _tokens(memory: Memory) -> int:
    written = memory.text + (memory.quote or "")
    return _TOKENS_AROUND_TEXT + len(written.encode()) // _BYTES_PER_TOKEN
