"""How long a change of flights usually takes at the least: a rule of thumb, not an airline's rule.

Airlines publish a minimum for each airport, terminal and pair of flights, and sell nothing below
it; these are the usual ones of large airports, rounded up, to tell a traveller that a connection
leaves no room for a delay.
"""

AIRPORT_CHANGE_MINUTES = 180
_DOMESTIC_MINUTES = 45
_INTERNATIONAL_MINUTES = 60

# Minutes within a country (or within Schengen), and where a border is crossed. At airports of the
# United States the second includes immigration and dropping the bags again.
_USUAL = {
    "AKL": (60, 90), "AMS": (45, 50), "ARN": (45, 60), "ATH": (45, 60), "ATL": (45, 90),
    "AUH": (60, 60), "BCN": (45, 60), "BKK": (60, 75), "BLR": (60, 90), "BOG": (60, 75),
    "BOM": (75, 120), "BOS": (45, 90), "BRU": (45, 60), "CAI": (60, 90), "CAN": (90, 120),
    "CDG": (60, 90), "CGK": (60, 90), "CLT": (45, 90), "CPH": (45, 60), "DEL": (75, 90),
    "DEN": (50, 90), "DFW": (45, 90), "DOH": (60, 60), "DTW": (45, 75), "DUB": (60, 75),
    "DXB": (75, 75), "EWR": (60, 90), "EZE": (60, 90), "FCO": (60, 75), "FRA": (45, 60),
    "GRU": (60, 90), "HEL": (40, 50), "HKG": (60, 60), "HND": (50, 75), "IAD": (45, 90),
    "IAH": (45, 90), "ICN": (75, 75), "IST": (60, 75), "JED": (90, 120), "JFK": (60, 90),
    "JNB": (60, 90), "KEF": (45, 45), "KUL": (60, 75), "LAS": (45, 90), "LAX": (70, 120),
    "LGW": (60, 75), "LHR": (60, 75), "LIM": (60, 90), "LIS": (60, 75), "MAD": (45, 60),
    "MEL": (60, 90), "MEX": (75, 120), "MIA": (60, 90), "MNL": (90, 120), "MSP": (45, 75),
    "MUC": (40, 45), "MXP": (45, 60), "NRT": (75, 75), "ORD": (50, 90), "ORY": (60, 75),
    "OSL": (45, 60), "PEK": (90, 120), "PHL": (45, 90), "PTY": (60, 60), "PVG": (90, 120),
    "SEA": (50, 90), "SFO": (50, 90), "SIN": (60, 75), "SVO": (60, 75), "SYD": (60, 75),
    "TPE": (60, 75), "VIE": (30, 45), "WAW": (40, 60), "YUL": (60, 75), "YVR": (60, 90),
    "YYZ": (60, 90), "ZRH": (40, 50),
}  # fmt: skip

_SCHENGEN = frozenset({
    "AT", "BE", "BG", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip


def usual_minimum(airport: str, countries: tuple[str | None, str | None, str | None]) -> int:
    """Return the minutes a change at `airport` (IATA) usually takes at the least.

    Args:
        airport: Where one flight lands and the next departs.
        countries: ISO 3166-1 codes of where the passenger comes from, changes, and goes; one that
            is not known counts as another country.
    """
    domestic, international = _USUAL.get(airport, (_DOMESTIC_MINUTES, _INTERNATIONAL_MINUTES))
    return domestic if _borderless(countries) else international


def _borderless(countries: tuple[str | None, ...]) -> bool:
    if None in countries:
        return False
    return len(set(countries)) == 1 or _SCHENGEN.issuperset(countries)
