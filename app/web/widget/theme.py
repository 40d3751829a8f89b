"""A brand's one colour made into a palette that can be read, in light and in dark."""

from dataclasses import dataclass

READABLE = 4.5  # contrast of text, WCAG 2.2 1.4.3
Rgb = tuple[float, float, float]
WHITE: Rgb = (1.0, 1.0, 1.0)
BLACK: Rgb = (0.0, 0.0, 0.0)
LIGHT_SURFACE: Rgb = (1.0, 1.0, 1.0)
DARK_SURFACE: Rgb = (0.11, 0.11, 0.105)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme as CSS: the colour itself, text upon it, and it as text."""

    accent: str
    on_accent: str
    deep: str  # the same, further from the text upon it
    ink_light: str
    ink_dark: str

    def css(self) -> str:
        """A style sheet that sets them."""
        return (
            f":root{{--accent:{self.accent};--on-accent:{self.on_accent};"
            f"--accent-ink:light-dark({self.ink_light},{self.ink_dark});"
            f"--accent-deep:{self.deep};--accent-hover:{self.deep};"
            "--accent-soft:color-mix(in srgb,var(--accent) 14%,transparent);"
            "--accent-line:color-mix(in srgb,var(--accent) 34%,transparent)}"
        )


def palette(color: str) -> Palette:
    """The palette of a colour "#rrggbb". Raises ValueError for anything else."""
    base = _parse(color)
    white = contrast(base, WHITE) >= contrast(base, BLACK)
    on = WHITE if white or contrast(base, WHITE) >= READABLE else BLACK
    accent = _towards(base, BLACK if on == WHITE else WHITE, on)
    return Palette(
        accent=_hex(accent),
        on_accent=_hex(on),
        deep=_hex(_mixed(accent, BLACK if on == WHITE else WHITE, 0.18)),
        ink_light=_hex(_towards(base, BLACK, LIGHT_SURFACE)),
        ink_dark=_hex(_towards(base, WHITE, DARK_SURFACE)),
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours (WCAG 2.2): 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _towards(color: Rgb, end: Rgb, against: Rgb) -> Rgb:
    """The colour moved towards black or white until it can be read against another."""
    for step in range(21):
        mixed = _mixed(color, end, step / 20)
        if contrast(mixed, against) >= READABLE:
            return mixed
    return end


def _mixed(color: Rgb, end: Rgb, share: float) -> Rgb:
    red, green, blue = (c + (e - c) * share for c, e in zip(color, end, strict=True))
    return red, green, blue


def _luminance(color: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parse(color: str) -> Rgb:
    digits = color.removeprefix("#")
    if len(digits) != 6 or not color.startswith("#"):
        raise ValueError(f"{color!r} is not a colour; write it as #rrggbb")
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _hex(color: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)
