"""Text reaches 4.5:1 and icons 3:1 on their surfaces (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
PAIR = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
SURFACES = ["canvas", "surface", "surface-raised", "surface-sunken", "surface-hover"]
MEANINGS = ["success", "warning", "danger", "info", "private"]


def colours(name: str) -> dict[str, tuple[str, str]]:
    found = PAIR.findall((CSS / name).read_text())
    return {key: (light or both, dark or both) for key, light, dark, both in found}


TOKENS = colours("tokens.css")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT = (
    [(ink, surface) for ink in ("ink", "ink-soft", "ink-quiet") for surface in SURFACES]
    + [("accent-ink", surface) for surface in SURFACES]
    + [("ink-soft", "surface-active"), ("accent-ink", "accent-soft")]
    + [(f"{m}-ink", ground) for m in MEANINGS for ground in (f"{m}-soft", "surface", "canvas")]
    + [("on-accent", solid) for solid in ("accent", "accent-hover", "danger-solid", "danger-hover")]
    + [("ink", f"{m}-soft") for m in MEANINGS]
)
ICONS = (
    [(m, "surface") for m in MEANINGS]
    + [(f"channel-{c}", "surface") for c in ("email", "chat", "form", "api", "phone")]
    + [("border-control", surface) for surface in ("surface", "surface-raised", "surface-sunken")]
    + [("presence-offline", "surface")]
)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(ink: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("drawing", "ground"), ICONS)
def test_drawings_are_seen(drawing: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[drawing][theme], TOKENS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_initials_are_readable_in_every_avatar(theme: int) -> None:
    text = (CSS / "display.css").read_text()
    hues = re.findall(r"\.hue-\d \{(.*?)\}", text)
    assert len(hues) == 8
    for hue in hues:
        pair = {key: (light, dark) for key, light, dark, _ in PAIR.findall(hue)}
        assert contrast(pair["avatar-ink"][theme], pair["avatar-bg"][theme]) >= 4.5
