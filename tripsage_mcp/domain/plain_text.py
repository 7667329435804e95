"""Text that others wrote, made plain: no control characters, no more than fits."""

import unicodedata


def plain(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters, cut at a word where something is left out."""
    return cut(" ".join(visible(text).split()), limit)


def visible(text: str) -> str:
    """Drop what a reader cannot see: controls, text direction overrides, unpaired surrogates."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or not unicodedata.category(character).startswith("C")
    )


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last one `…` where something is left out."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(maxsplit=1)
    # A single long word is cut where it is.
    kept = words[0] if len(words) > 1 and len(words[0]) * 2 > limit else head
    return kept.rstrip() + "…"
