"""Which country an American advisory is about: its link says so, or else its title.

Their category codes are FIPS 10-4 in part and ISO in part (`SA` is Saudi Arabia, `CH` is China), so
they are not read. Nothing is guessed: a name that is not known is about no country.
"""

import re
from collections.abc import Mapping
from functools import cache

from tripsage_mcp.domain.plain_text import bare
from tripsage_mcp.infrastructure import countries

# `.../destination.sau.html`; older links carry the name: `.../macau-travel-advisory1.html`.
_BY_CODE = re.compile(r"/destination\.([a-z]{3})\.html$")
_BY_NAME = re.compile(r"/([a-z-]+?)-travel-advisory\d*\.html$")
_LEVEL = re.compile(r"\bLevel\s+[1-4]\b.*$", re.DOTALL)
_NOT_THE_NAME = re.compile(
    r"^See\s+(State\s+|Individual\s+)?Summaries\s*-\s*"
    r"|(\s*-\s*See\s+(State\s+|Individual\s+)?Summaries|\s*Travel Advisory)\s*$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_DASHES = " -:\N{EN DASH}\N{EM DASH}"
_BETWEEN_NAMES = re.compile(r"\s*(?:,\s*and\s+|,|&|\band\b)\s*")
_NAMES = {
    "bonaire": "BQ", "brunei darussalam": "BN", "burma": "MM", "cape verde": "CV",
    "cote d ivoire": "CI", "czech republic": "CZ", "democratic peoples republic of korea": "KP",
    "democratic republic of the congo": "CD", "east timor": "TL",
    "federated states of micronesia": "FM", "french saint martin": "MF",
    "french west indies": "GP MQ BL MF", "gaza": "PS", "gaza strip": "PS", "holy see": "VA",
    "israel west bank and gaza": "IL PS", "ivory coast": "CI", "kingdom of denmark": "DK",
    "korea": "KR", "kyrgyz republic": "KG", "lao peoples democratic republic": "LA", "macau": "MO",
    "macedonia": "MK", "mainland china": "CN", "palestinian territories": "PS",
    "republic of korea": "KR", "republic of the congo": "CG", "russian federation": "RU",
    "saba": "BQ", "saint martin": "MF", "sint eustatius": "BQ", "st kitts and nevis": "KN",
    "st lucia": "LC", "st vincent and the grenadines": "VC", "swaziland": "SZ",
    "syrian arab republic": "SY", "turkey": "TR", "turkiye": "TR", "uk": "GB", "vatican": "VA",
    "viet nam": "VN", "west bank": "PS", "west bank and gaza": "PS",
}  # fmt: skip


def countries_of(title: str, link: str) -> frozenset[str]:
    """Return the codes of the countries that an advisory is about; none when that is not clear."""
    by_code = _BY_CODE.search(link)
    if by_code is not None:
        code = _by_code3().get(by_code[1].upper())
        if code is not None:
            return frozenset((code,))
    named = _named(name_in(title))
    slug = _BY_NAME.search(link)
    if len(named) > 1 and slug is not None:
        # One title heads several pages; the link tells which.
        narrower = _named(slug[1].replace("-", " ")) & named
        return narrower or named
    return named


def name_in(title: str) -> str:
    """Return whom a title names, without the level and what else is no name."""
    name = _LEVEL.sub("", title).strip(_DASHES)
    while (shorter := _NOT_THE_NAME.sub("", name).strip(_DASHES)) != name:
        name = shorter
    return name


def _named(name: str) -> frozenset[str]:
    """Look a name up as a whole, or else by its parts, all of which must be known."""
    table = _by_name()
    whole = table.get(_plain(name)) or table.get(_plain(_IN_BRACKETS.sub("", name)))
    if whole is not None:
        return frozenset(whole.split())
    parts = [table.get(_plain(part)) for part in _BETWEEN_NAMES.split(name) if part]
    known = [codes for codes in parts if codes is not None]
    return frozenset(" ".join(known).split()) if len(known) == len(parts) else frozenset()


def _plain(name: str) -> str:
    return bare(name).removeprefix("the ")


@cache
def _by_name() -> Mapping[str, str]:
    own = {_plain(country.name): country.code for country in countries.every().values()}
    return own | {_plain(name): codes for name, codes in _NAMES.items()}


@cache
def _by_code3() -> Mapping[str, str]:
    return {country.code3: country.code for country in countries.every().values()}
