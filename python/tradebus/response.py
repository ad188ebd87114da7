"""The answer of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import ServiceError

if TYPE_CHECKING:
    import numpy
    import pandas


def asked(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The parameters of a request."""
    if params is None:
        return None
    if not isinstance(params, Mapping):
        raise TypeError(f"params is of the type {type(params).__name__}: it must be a dict, or None")
    return dict(params)


class Response(dict[str, Any]):
    """The answer of a service, as a dictionary and by name."""

    @property
    def request_id(self) -> str:
        """Id of the request."""
        return str(self["request_id"])

    @property
    def success(self) -> bool:
        """Whether the request was fulfilled."""
        return bool(self["success"])

    @property
    def data(self) -> Any:
        """What was asked for; ``None`` without success."""
        return self.get("data")

    @property
    def error(self) -> dict[str, str] | None:
        """Why it was not fulfilled: ``code`` and ``message``."""
        return self.get("error")

    @property
    def cached(self) -> bool:
        """Whether the answer comes out of a cache."""
        return bool(self.get("cached"))

    @property
    def processing_time_ms(self) -> float:
        """How long the service took, in milliseconds."""
        return float(self.get("processing_time_ms", 0.0))

    def fulfilled(self, topic: str) -> Response:
        """This answer of a request on a topic, if it was fulfilled; otherwise raises :class:`ServiceError` with what the service said."""
        if self.success:
            return self
        error = self.error or {}
        said = error.get("message", "the service did not say why it failed")
        raise ServiceError(f"{topic}: {said}", code=error.get("code", "internal"), response=self)

    def to_pandas(self) -> pandas.DataFrame:
        """The observations of all series in an answer of DBnomics, a column for each series by its id, a row for each period: an index of timestamps, where all
        periods begin at one. Needs pandas."""
        from .series import to_pandas

        return to_pandas(self.data)

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """The values of :meth:`to_pandas`, without its names. Needs numpy and pandas."""
        return self.to_pandas().to_numpy()
