"""Any colour an owner picks gives a widget that can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.widget.theme import DARK_SURFACE, LIGHT_SURFACE, READABLE, _parse, contrast, palette

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_every_text_of_a_palette_is_readable(color: str) -> None:
    made = palette(color)
    on = _parse(made.on_accent)
    assert contrast(_parse(made.accent), on) >= READABLE - 0.05
    assert contrast(_parse(made.deep), on) >= READABLE - 0.05
    assert contrast(_parse(made.ink_light), LIGHT_SURFACE) >= READABLE - 0.05
    assert contrast(_parse(made.ink_dark), DARK_SURFACE) >= READABLE - 0.05


def test_a_colour_that_is_readable_stays_what_it_is() -> None:
    assert palette("#3b5bdb").accent == "#3b5bdb"


@pytest.mark.parametrize("wrong", ["", "red", "#12345", "3b5bdb", "#zzzzzz"])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"invalid literal|is not a colour"):
        palette(wrong)


async def test_the_theme_is_a_sheet_of_its_own(client) -> None:  # type: ignore[no-untyped-def]
    response = await client.get("/widget/theme/3b5bdb.css")
    assert response.headers["content-type"].startswith("text/css")
    assert "--accent:#3b5bdb" in response.text
    assert (await client.get("/widget/theme/red.css")).status_code == 404
