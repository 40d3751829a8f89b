"""The registry of channels."""

from dataclasses import replace

import pytest

from channels import chat, registry


def test_every_channel_folder_registers_itself() -> None:
    assert [channel.name for channel in registry.all_channels()] == ["chat", "email", "form"]


@pytest.mark.parametrize(
    ("name", "cost", "offer_timeout_s", "wrap_up_s", "live"),
    [("chat", 2, 20, 30, True), ("email", 1, 60, 0, False), ("form", 1, 60, 0, False)],
)
def test_a_channel_says_what_a_contact_costs_and_how_long_it_waits(
    name: str, cost: int, offer_timeout_s: int, wrap_up_s: int, live: bool
) -> None:
    channel = registry.get(name)
    assert channel.cost == cost
    assert channel.offer_timeout_s == offer_timeout_s
    assert channel.wrap_up_s == wrap_up_s
    assert channel.live is live


def test_an_unknown_channel_is_refused_with_the_known_names() -> None:
    with pytest.raises(KeyError, match="chat, email, form"):
        registry.get("fax")


def test_two_channels_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="chat"):
        registry.register(replace(chat.Chat(), cost=9))
