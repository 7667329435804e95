"""Parameters that several tools share, described once for a model."""

from datetime import date
from typing import Annotated

from pydantic import Field

IsoDate = Annotated[date, Field(description="YYYY-MM-DD")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="WGS 84 degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="WGS 84 degrees")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, e.g. EUR")]
