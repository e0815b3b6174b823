"""What became of one of several requests sent together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from zimbra.errors import ZimbraError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """Either what was asked for or the error that struck this request alone."""

    value: T | None = field(default=None, repr=False)
    error: ZimbraError | None = None

    @property
    def done(self) -> bool:
        return self.error is None

    def get(self) -> T:
        """What was asked for; raises the error when there is one."""
        if self.error is not None:
            raise self.error
        return cast(T, self.value)
