"""The condition codes of OpenWeather in plain words.

https://openweathermap.org/weather-conditions
"""

_WORDS = {
    200: "thunderstorm with light rain", 201: "thunderstorm with rain",
    202: "thunderstorm with heavy rain", 210: "light thunderstorm", 211: "thunderstorm",
    212: "heavy thunderstorm", 221: "scattered thunderstorms", 230: "thunderstorm with drizzle",
    231: "thunderstorm with drizzle", 232: "thunderstorm with heavy drizzle",
    300: "light drizzle", 301: "drizzle", 302: "heavy drizzle", 310: "light drizzle",
    311: "drizzle", 312: "heavy drizzle", 313: "rain showers", 314: "heavy rain showers",
    321: "drizzle showers",
    500: "light rain", 501: "rain", 502: "heavy rain", 503: "very heavy rain",
    504: "extreme rain", 511: "freezing rain", 520: "light rain showers", 521: "rain showers",
    522: "heavy rain showers", 531: "scattered rain showers",
    600: "light snow", 601: "snow", 602: "heavy snow", 611: "sleet", 612: "light sleet showers",
    613: "sleet showers", 615: "light rain and snow", 616: "rain and snow",
    620: "light snow showers", 621: "snow showers", 622: "heavy snow showers",
    701: "mist", 711: "smoke", 721: "haze", 731: "dust whirls", 741: "fog", 751: "sand",
    761: "dust", 762: "volcanic ash", 771: "squalls", 781: "tornado",
    800: "clear", 801: "mainly clear", 802: "partly cloudy", 803: "mostly cloudy",
    804: "overcast",
}  # fmt: skip


def words(code: int | None) -> str:
    """Return a few words; a code that is missing or new is said to be so, not guessed."""
    return "not stated" if code is None else _WORDS.get(code, "not stated")
