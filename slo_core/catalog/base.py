"""What every part of the catalogue is made of: frozen models, durations, assumptions."""

import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from slo_core.durations import parse_duration
from slo_core.errors import SloError

T = TypeVar("T")
Count = Annotated[int, Field(ge=0)]


def problem(sentence: str, *path: str | int) -> PydanticCustomError:
    """A finding for a validator to raise: what was expected and found, and where below the model.

    `load_catalog` puts the file, its line and the path in front of the sentence.
    """
    return PydanticCustomError("problem", "{sentence}", {"sentence": sentence, "path": path})


class Model(BaseModel):
    """A part of the catalogue: it never changes, and it has no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise problem(_unknown_key(str(key), list(cls.model_fields)), str(key))
        return data


def _unknown_key(key: str, known: list[str]) -> str:
    nearest = get_close_matches(key, known, n=1)
    if nearest:
        return f"unknown key '{key}', did you mean '{nearest[0]}'?"
    return f"unknown key '{key}', expected one of {', '.join(known)}"


class Assumed(Model, Generic[T]):
    """A value, and where the document does not give it, the sentence that explains the choice.

    In YAML it is either the plain value, which the document states, or
    ``{value: ..., assumption: "why this value"}``.
    """

    value: T
    assumption: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _wrap_plain_value(cls, data: Any) -> Any:
        return data if isinstance(data, Mapping | Assumed) else {"value": data}


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return parse_duration(str(value))
    except SloError as error:
        raise problem(str(error)) from None


def _window(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,4}[mhd]", value, re.ASCII):
        raise problem(f"expected a window such as 15m, 1h, 7d or 30d, found {value!r}")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A length of time, written "90 s", "15 min", "48 h" or "30d"."""

Window = Annotated[str, AfterValidator(_window)]
"""A trailing window as it is shown and used as a key: "15m", "1h", "7d", "30d"."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""A short name in lower case, digits and underscores: it appears in files, addresses and JSON."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""Words for people, never empty."""
