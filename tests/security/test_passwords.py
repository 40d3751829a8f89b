"""Which passwords are taken, and how they are compared."""

import pytest

from app.security.passwords import hash_password, verify_password, weakness


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too_short"),
        ("Password123", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("ana@tea.example", "personal"),
        ("x" * 201, "too_long"),
        ("four calm otters", ""),
        ("密码要长一点才安全哦", ""),
    ],
)
def test_weak_passwords_are_refused(password: str, why: str) -> None:
    assert weakness(password, name="Ana", email="ana@tea.example") == why


async def test_only_the_right_password_fits() -> None:
    stored = await hash_password("four calm otters")
    assert await verify_password("four calm otters", stored) == (True, None)
    assert (await verify_password("four calm otter", stored))[0] is False


@pytest.mark.parametrize("password", ["", "nobody has this password", "four calm otters"])
async def test_nothing_fits_where_there_is_no_password(password: str) -> None:
    assert await verify_password(password, "") == (False, None)
