"""Text that others wrote, made plain: no control characters, no more than fits."""

import re
import unicodedata

# Letters and marks that Unicode has nobody see (Default_Ignorable_Code_Point), and the blank of
# Braille; left are the two that say how an emoji is drawn. They can carry words past a reader.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0"
    "\U000e0100-\U000e01ef]"
)
# Unicode does not take this letter apart into one that others have.
_LIKE_I = str.maketrans({"\N{LATIN SMALL LETTER DOTLESS I}": "i"})
_INSIDE_WORDS = "'.\N{RIGHT SINGLE QUOTATION MARK}"


def plain(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters, cut at a word where something is left out."""
    return cut(" ".join(visible(text).split()), limit)


def visible(text: str) -> str:
    """Drop what a reader cannot see: controls, text direction overrides, unpaired surrogates."""
    return "".join(
        character
        for character in _UNSEEN.sub("", text)
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


def bare(name: str) -> str:
    """Reduce a name to lower-case words without accents and punctuation, to compare it by."""
    letters = unicodedata.normalize("NFKD", name.casefold().translate(_LIKE_I))
    kept = (
        "" if c in _INSIDE_WORDS else c if c.isalnum() else " "
        for c in letters
        if not unicodedata.combining(c)
    )
    return " ".join("".join(kept).split())
