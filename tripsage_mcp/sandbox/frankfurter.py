"""Frankfurter's twin: `/v2/rate/{base}/{quote}`, over invented rates.

https://frankfurter.dev. Rates are near what they were in 2026, wander a little from day to day, and
are the same for the same seed.
"""

from datetime import UTC, date, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox.schedule.chance import between

_SATURDAY = 5
_WANDERS = 0.03
_DIGITS = 6
# Units for one euro, roughly.
_UNITS = {
    "EUR": 1.0, "USD": 1.16, "GBP": 0.87, "CHF": 0.93, "JPY": 178.0, "AUD": 1.77, "CAD": 1.62,
    "NZD": 2.02, "SEK": 11.0, "NOK": 11.7, "DKK": 7.46, "ISK": 146.0, "CZK": 24.3, "PLN": 4.25,
    "HUF": 385.0, "RON": 5.08, "RSD": 117.2, "TRY": 49.0, "GEL": 3.14, "AMD": 444.0, "ILS": 3.8,
    "AED": 4.26, "SAR": 4.35, "QAR": 4.22, "JOD": 0.82, "EGP": 55.0, "MAD": 10.7, "TND": 3.4,
    "ZAR": 20.0, "KES": 150.0, "TZS": 2850.0, "NGN": 1670.0, "GHS": 12.7, "MUR": 53.0,
    "INR": 103.0, "LKR": 355.0, "NPR": 165.0, "PKR": 325.0, "BDT": 141.0, "CNY": 8.25,
    "HKD": 9.03, "TWD": 36.0, "KRW": 1690.0, "THB": 37.6, "VND": 30500.0, "MYR": 4.8,
    "SGD": 1.5, "IDR": 19300.0, "PHP": 68.0, "KHR": 4650.0, "KZT": 610.0, "MXN": 21.3,
    "BRL": 6.2, "ARS": 1700.0, "CLP": 1080.0, "COP": 4350.0, "PEN": 3.92, "UYU": 46.5,
    "CRC": 580.0, "DOP": 74.0, "JMD": 186.0, "PAB": 1.16, "BOB": 8.0,
}  # fmt: skip


def build_app(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of api.frankfurter.dev."""

    async def rate(request: Request) -> JSONResponse:
        base, quote = (request.path_params[name].upper() for name in ("base", "quote"))
        if not {base, quote} <= _UNITS.keys():
            return JSONResponse({"status": 422, "message": "invalid currency"}, status_code=422)
        day = _published(now())
        value = _units(seed, quote, day) / _units(seed, base, day)
        return JSONResponse(
            {
                "date": day.isoformat(),
                "base": base,
                "quote": quote,
                "rate": float(f"{value:.{_DIGITS}g}"),
            }
        )

    return Starlette(routes=[Route("/v2/rate/{base}/{quote}", rate)])


def _published(now: datetime) -> date:
    """Return the last working day: central banks do not publish at weekends."""
    day = now.astimezone(UTC).date()
    return day - timedelta(days=max(0, day.weekday() - _SATURDAY + 1))


def _units(seed: int, code: str, day: date) -> float:
    if code == "EUR":
        return 1.0
    return _UNITS[code] * (1 + between(-_WANDERS, _WANDERS, "rate", seed, code, day.toordinal()))
