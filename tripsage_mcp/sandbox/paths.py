"""Where each provider's twin answers below the sandbox's base address; light to import."""

from collections.abc import Mapping
from types import MappingProxyType

BASE_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "duffel": "/duffel",
        "google": "/google",
        "open_meteo_forecast": "/open-meteo/forecast",
        "open_meteo_archive": "/open-meteo/archive",
        "open_meteo_geocoding": "/open-meteo/geocoding",
        "open_weather": "/open-weather",
        "frankfurter": "/frankfurter",
        "us_advisories": "/us-advisories",
        "uk_advice": "/uk-advice",
    }
)
