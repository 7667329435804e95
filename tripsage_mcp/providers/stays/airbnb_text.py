"""Text written by hosts, made plain: no mark-up, no control characters, no more than fits."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import override

_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"script", "style"})
_BLANK_LINES = re.compile(r"\n\s*\n+")


def plain(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters, cut at a word where something is left out."""
    return _cut(" ".join(_visible(text).split()), limit)


def plain_html(html: str, limit: int) -> str:
    """Return the text of some HTML, in lines."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in _visible("".join(parser.parts)).split("\n"))
    return _cut(_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(), limit)


def _visible(text: str) -> str:
    """Drop what a reader cannot see: controls, text direction overrides, unpaired surrogates."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or not unicodedata.category(character).startswith("C")
    )


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(maxsplit=1)
    # A single long word is cut where it is.
    kept = words[0] if len(words) > 1 and len(words[0]) * 2 > limit else head
    return kept.rstrip() + "…"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        self._unseen += tag in _UNSEEN

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    @override
    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
