"""Series of DBnomics as tables of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import SerializationError

if TYPE_CHECKING:
    import pandas


def to_pandas(data: Any) -> pandas.DataFrame:
    """The observations of all series in an answer, a column for each."""
    import pandas

    series = data.get("series") if isinstance(data, dict) else None
    if not isinstance(series, list) or not all(isinstance(it, dict) and "observations" in it for it in series):
        raise SerializationError("only the answer of dbnomics.series.fetch has series with observations")
    columns: dict[str, pandas.Series[Any]] = {}
    for one in series:
        observations = one["observations"]
        starts = [it.get("start") for it in observations]
        index = pandas.DatetimeIndex(starts) if all(starts) else pandas.Index([it["period"] for it in observations])
        values = [it["value"] for it in observations]
        columns[one["id"]] = pandas.Series(values, index=index, dtype="float64")
    return pandas.DataFrame(columns)
