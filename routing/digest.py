"""A short name for a state: the same state has the same digest, whatever the order of its parts.

Logged beside the decisions, it shows that a replay starts from what was decided on.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256

from routing.state import State


def digest(state: State) -> str:
    """SHA-256 of the state in a canonical form, in hexadecimal."""
    return sha256(_canonical(state).encode()).hexdigest()


def _canonical(value: object) -> str:
    if is_dataclass(value):
        parts = (f"{f.name}={_canonical(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({','.join(parts)})"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{k!r}:{_canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(map(_canonical, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(_canonical, value)) + ")"
    return repr(value)
