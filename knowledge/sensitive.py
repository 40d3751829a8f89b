"""Numbers that are nobody's business: payment cards, bank accounts, Chinese resident ids; found by
their check digits, and shown as dots and their last four signs.

What is found has to be sure enough to be hidden from people at work: a number that only looks like
a card because an order, a phone or a moment happens to have its length is left alone. It is no
promise that nothing else is secret. Sources: ISO/IEC 7812 (Luhn, prefixes), GB 11643, ISO 13616.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stdnum import iban, luhn
from stdnum.cn import ric

DOTS = "••••"
FEWEST = 8  # digits: an account with fewer is nowhere in use
_SPACE = "[ \u00a0\u2009\u202f]"
_GAP = f"(?:{_SPACE}|[-.])"
# Not inside an address, a code, a decimal or a longer number.
_BEFORE, _AFTER = r"(?<![A-Za-z0-9_.,#/=+@-])", r"(?![A-Za-z0-9_@]|[.,:/-]\d)"
_CARD = re.compile(rf"{_BEFORE}\d(?:{_GAP}?\d){{12,18}}{_AFTER}")
_ID = re.compile(rf"{_BEFORE}\d{{6}}{_GAP}?\d{{8}}{_GAP}?\d{{3}}[\dXx]{_AFTER}")
_IBAN = re.compile(rf"{_BEFORE}[A-Za-z]{{2}}\d\d(?:{_SPACE}?[A-Za-z0-9]){{11,30}}")
_MAYBE = re.compile(rf"\d(?:{_GAP}?[\dXx]){{12}}|[A-Za-z]{{2}}\d\d(?:{_SPACE}?[A-Za-z0-9]){{11}}")
# What stands before a number that is an order's, a parcel's, a ticket's: then only groups of four
# make it a card.
_ORDER = re.compile(
    r"(?:\b(?:order|invoice|parcel|tracking|shipment|ticket|case|reference|ref|rma|booking|serial|"
    r"transaction|id|imei|phone|tel|mobile|bestellung|rechnung|commande|pedido)\b"
    r"|订单|訂單|单号|單號|运单|運單|快递|快遞|物流|发票|發票|流水|电话|電話|手机|手機)"
    r"[^\d\n]{0,16}$",
    re.IGNORECASE,
)
_GROUPS = {
    (4, 4, 4, 4),
    (4, 4, 4, 4, 3),
    (4, 4, 4, 4, 2),
    (4, 6, 5),
    (4, 6, 4),
    (4, 3, 3, 3),
    (6, 13),
}
_PREFIXES = (  # first digits from … to, lengths
    ((4, 4), {13, 16, 19}),  # Visa
    ((51, 55), {16}), ((2221, 2720), {16}),  # Mastercard
    ((34, 34), {15}), ((37, 37), {15}),  # American Express
    ((300, 305), {14}), ((36, 36), {14}), ((38, 39), {14}),  # Diners Club
    ((6011, 6011), {16, 19}), ((644, 649), {16, 19}), ((65, 65), {16, 19}),  # Discover
    ((3528, 3589), {16, 19}),  # JCB
    ((62, 62), {16, 17, 18, 19}),  # UnionPay
    ((2200, 2204), {16, 19}),  # Mir
    ((6759, 6759), {16, 18, 19}), ((6761, 6763), {16, 18, 19}),  # Maestro
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """From `start` to `end` of a text: a card, an account or an id, and how it is shown."""

    start: int
    end: int
    kind: str
    shown: str


def find_numbers(text: str) -> list[Number]:
    """The numbers of a text that are to be hidden, in order; they do not overlap."""
    if (text.isascii() and sum(map(text.count, "0123456789")) < FEWEST) or not _MAYBE.search(text):
        return []
    found: list[Number] = []
    every = sorted((*_ids(text), *_accounts(text), *_cards(text)), key=lambda one: one.start)
    for one in every:  # where two meet the first counts, an id before a card
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def mask_numbers(text: str) -> str:
    """The text with dots in place of such numbers; their last four signs stay."""
    pieces, at = [], 0
    for one in find_numbers(text):
        pieces += [text[at : one.start], one.shown]
        at = one.end
    return "".join([*pieces, text[at:]]) if pieces else text


def masked(values: Mapping[Any, Any], *names: str) -> dict[str, Any]:
    """The values with the numbers in those of these names hidden."""
    hidden = {name: mask_numbers(values[name]) for name in names if values[name]}
    return {**values, **hidden}


def masked_words(value: Any) -> Any:
    """A JSON value with the numbers in all its texts hidden."""
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, Mapping):
        return {name: masked_words(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_words(one) for one in value]
    return value


def unmask_numbers(text: str, original: str) -> str:
    """What somebody has made of a masked text, with the numbers of the original back in the place
    of the dots that are still there."""
    for one in find_numbers(original):
        text = text.replace(one.shown, original[one.start : one.end], 1)
    return text


def _digits(text: str) -> str:
    return "".join(str(int(sign)) for sign in text if sign.isdigit())


def _cards(text: str) -> Iterator[Number]:
    for match in _CARD.finditer(text):
        digits = _digits(match[0])
        if _is_card(digits) and luhn.is_valid(digits) and _is_written_so(text, match, digits):
            yield Number(*match.span(), "card", f"{DOTS} {digits[-4:]}")


def _is_card(digits: str) -> bool:
    return any(
        first <= int(digits[: len(str(first))]) <= last and len(digits) in lengths
        for (first, last), lengths in _PREFIXES
    )


def _is_written_so(text: str, match: re.Match[str], digits: str) -> bool:
    """In the groups of a card; or in one piece, where nothing says that it is something else."""
    groups = tuple(len(part) for part in re.split(_GAP, match[0]))
    if len(groups) > 1:
        return groups in _GROUPS
    if _ORDER.search(text[max(0, match.start() - 40) : match.start()]):
        return False
    return len(digits) > 15 or not _is_phone(digits)


def _is_phone(digits: str) -> bool:
    """A number with the code of its country, but without the plus."""
    import phonenumbers  # loads tables, which only few texts need

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def _ids(text: str) -> Iterator[Number]:
    for match in _ID.finditer(text):
        sign = match[0][-1]
        digits = _digits(match[0][:-1]) + (sign if sign in "Xx" else _digits(sign))
        if ric.is_valid(digits):
            yield Number(*match.span(), "id", f"{DOTS} {digits[-4:]}")


def _accounts(text: str) -> Iterator[Number]:
    for match in _IBAN.finditer(text):
        whole = match[0]
        for end in range(len(whole), 14, -1):
            before, after = whole[end - 1], text[match.start() + end : match.start() + end + 1]
            if not before.isalnum() or (after.isascii() and after.isalnum()):
                continue
            signs = re.sub(_SPACE, "", whole[:end]).upper()
            if iban.is_valid(signs):
                start = match.start()
                yield Number(start, start + end, "account", f"{signs[:2]}{DOTS} {signs[-4:]}")
                break
