"""The registry of channels: a folder of this package that calls `register` is a channel."""

import importlib
import pkgutil
from functools import cache

import channels
from channels.protocol import Channel

_registered: dict[str, Channel] = {}


def register(channel: Channel) -> Channel:
    """Make a channel known under its name. Raises ValueError when another holds that name."""
    known = _registered.get(channel.name)
    if known is not None and known != channel:
        raise ValueError(f"Two channels are called {channel.name!r}; give one another name.")
    _registered[channel.name] = channel
    return channel


def get(name: str) -> Channel:
    """The channel of that name. Raises KeyError that lists the known names."""
    _load_folders()
    try:
        return _registered[name]
    except KeyError:
        known = ", ".join(sorted(_registered))
        raise KeyError(f"There is no channel {name!r}; known are: {known}.") from None


def all_channels() -> tuple[Channel, ...]:
    """Every registered channel, ordered by name."""
    _load_folders()
    return tuple(_registered[name] for name in sorted(_registered))


@cache
def _load_folders() -> None:
    """Import each sub-package once, so that a new folder needs no list kept elsewhere."""
    for module in pkgutil.iter_modules(channels.__path__, "channels."):
        if module.ispkg:
            importlib.import_module(module.name)
