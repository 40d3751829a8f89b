"""Values of the routing library as plain JSON and back, by their type hints.

Works for frozen dataclasses and named tuples of numbers, strings, tuples, sets and mappings. What
equals its default is left out; in a union of dataclasses the class is named by `kind`.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Json = Any
Reader = Callable[[Json], Any]


def to_plain(value: object) -> Json:
    """The value as JSON knows it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, Mapping):
        return [[to_plain(key), to_plain(item)] for key, item in value.items()]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def to_kind(value: object) -> Json:
    """A value of a union of dataclasses: as `to_plain`, with its class as `kind`."""
    return {"kind": type(value).__name__, **to_plain(value)}


def from_plain(kind: type[T], data: Json) -> T:
    """A value of this type. Raises ValueError that names what does not fit."""
    hint: Any = kind
    value: T = _reader(hint)(data)
    return value


def from_kind(union: object, data: Json) -> Any:
    """A value of a union of dataclasses, as `to_kind` wrote it."""
    kinds = {kind.__name__: kind for kind in get_args(union)}
    rest = dict(data)
    name = rest.pop("kind", None)
    if name not in kinds:
        raise ValueError(f"no such kind: {name!r}; there are {', '.join(sorted(kinds))}")
    return from_plain(kinds[name], rest)


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


@cache
def _reader(hint: Any) -> Reader:
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _reader_of_class(hint)
    if origin in (Union, UnionType):
        inner = [_reader(arg) for arg in args if arg is not NoneType]
        if len(inner) != 1:
            raise ValueError(f"{hint} is not read from plain values; use from_kind")
        return lambda data: None if data is None else inner[0](data)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if origin is Literal:
        return lambda data: _one_of(args, data)
    if origin is tuple and args[-1] is Ellipsis:
        item = _reader(args[0])
        return lambda data: tuple([item(one) for one in data])
    if isinstance(hint, type) and issubclass(hint, tuple):
        parts = [_reader(kind) for kind in get_type_hints(hint).values()]
        return lambda data: hint(*[read(one) for read, one in zip(parts, data, strict=True)])
    if origin is frozenset:
        return frozenset
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, value = _reader(args[0]), _reader(args[1])
        return lambda data: {key(one): value(other) for one, other in data}
    return lambda data: _scalar(hint, data)


def _reader_of_class(hint: Any) -> Reader:
    hints = get_type_hints(hint)
    readers = {field.name: _reader(hints[field.name]) for field in fields(hint)}

    def read(data: Json) -> Any:
        if unknown := data.keys() - readers.keys():
            raise ValueError(f"{hint.__name__} has no {', '.join(sorted(unknown))}")
        try:
            return hint(**{name: readers[name](value) for name, value in data.items()})
        except TypeError as error:
            raise ValueError(f"{hint.__name__}: {error}") from error

    return read


def _one_of(choices: tuple[Any, ...], data: Json) -> Any:
    if data not in choices:
        raise ValueError(f"{data!r} is none of {', '.join(map(repr, choices))}")
    return data


def _scalar(hint: Any, data: Json) -> Any:
    fits = isinstance(data, int | float) if hint is float else isinstance(data, hint)
    if not fits or (isinstance(data, bool) and hint is not bool):
        raise ValueError(f"{data!r} is not of type {hint.__name__}")
    return data
