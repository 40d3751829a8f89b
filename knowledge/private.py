"""Personal data in a text: found, and replaced by what kind it was.

What is found: addresses of mail and web accounts, phone numbers, numbers of cards, accounts and
identity papers (with their check digits), numbers of orders and parcels, postal addresses, and the
names that the caller knows. It is a help for an author who reads the result, not a guarantee.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cn import ric
from stdnum.iso7064 import mod_97_10

REGIONS = ("CN", "TW", "HK", "US", "GB", "DE")
SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True)
class Masked:
    """Something that was replaced: what kind, what it was, what stands there now."""

    kind: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    kind: str


MARKS = {
    "email": "[email]",
    "phone": "[phone]",
    "card": "[card number]",
    "account": "[account number]",
    "identity": "[ID number]",
    "order": "[order number]",
    "address": "[address]",
    "name": "[name]",
}
_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CN_ID = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])")
_TW_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z][1289]\d{8}(?!\d)")
_US_SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_ORDER = re.compile(
    r"(?:\b(?:order|invoice|parcel|tracking|shipment|ticket|case|reference|ref|rma|booking)\b"
    r"(?:\s+(?:number|no|nr|id|code))?|订单(?:编?号|号码)?|訂單(?:編?號|號碼)?|单号|單號|运单号?|快递单?号?|物流单?号?|发票号?)"
    r"[\s.:：#＃为是為]*([A-Za-z]{0,6}[-_]?\d[\w-]{3,30})",
    re.IGNORECASE,
)
_HASH_NUMBER = re.compile(r"(?<![\w&])#\s?([A-Za-z]{0,4}-?\d[\w-]{3,30})")
_MIXED_CODE = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*\d{4})[A-Z]{2,6}-?\d[A-Z0-9-]{4,30}(?![\w-])")
_LONG_NUMBER = re.compile(r"(?<![\d.,-])\d{8,20}(?![\d.,]\d|\d)")
_STREET = re.compile(
    r"\b\d{1,5}[A-Za-z]?\s+(?:[A-Z][\w.'-]*\s+){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq"
    r"|Way|Terrace|Close|Crescent|Highway|Hwy|Parkway|Pkwy)\b\.?"
    r"(?:,?\s+(?:Apt|Apartment|Unit|Suite|Flat|Floor|#)\.?\s*[\w-]+)?"
    r"(?:,\s*[A-Z][\w .'-]{1,40})?(?:,?\s+[A-Z]{2}\b)?"
    r"(?:,?\s+\d{5}(?:-\d{4})?|,?\s+[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})?"
)
_STREET_DE = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|allee|gasse)\s+\d{1,4}\s?[a-z]?"
    r"(?:,\s*\d{5}\s+[A-ZÄÖÜ][\wäöüß-]+)?"
)
_CN_PLACE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}(?:省|自治区|自治區))?(?:[\u4e00-\u9fff]{1,8}(?:市|州|縣|县))?"
    r"(?:[\u4e00-\u9fff]{1,8}(?:区|區|县|縣|镇|鎮|乡|鄉))?"
    r"[\u4e00-\u9fff]{1,10}(?:路|街|道|巷|弄|大道|胡同|村)(?:[一二三四五六七八九十\d]{1,4}段)?"
    r"\s?(?:[\dA-Za-z一二三四五六七八九十百-]{1,6}\s?(?:号|號|弄|巷|栋|棟|幢|座|单元|單元|室|楼|樓|层|層|之)){1,6}"
)


def without(text: str, names: Iterable[str] = ()) -> str:
    """The text without personal data and with nothing in its place."""
    for kept in reversed(_found(text, names, REGIONS)):
        text = f"{text[: kept.start]} {text[kept.end :]}"
    return text


def mask(
    text: str, names: Iterable[str] = (), regions: Sequence[str] = REGIONS
) -> tuple[str, list[Masked]]:
    """The text without personal data, and what was replaced, in order.

    `names` are those of the people in the conversation; each of their parts is found too, with
    upper or lower case. Phone numbers are looked for as they are written in `regions`.
    """
    pieces, masked, at = [], [], 0
    for one in _found(text, names, regions):
        now = MARKS[one.kind]
        pieces += [text[at : one.start], now]
        masked.append(Masked(one.kind, text[one.start : one.end], now))
        at = one.end
    return "".join([*pieces, text[at:]]), masked


def _found(text: str, names: Iterable[str], regions: Sequence[str]) -> list[_Found]:
    """What is personal, in order, none overlapping another."""
    kept: list[_Found] = []
    for found in _candidates(text, names, regions):
        if all(found.end <= one.start or found.start >= one.end for one in kept):
            kept.append(found)
    return sorted(kept, key=lambda one: one.start)


def _candidates(text: str, names: Iterable[str], regions: Sequence[str]) -> Iterator[_Found]:
    """What may be personal, surest first: where two overlap the first one counts."""
    yield from _matches(_EMAIL, text, "email")
    yield from _matches(_ORDER, text, "order", group=1)
    yield from (one for one in _matches(_CN_ID, text, "identity") if _is_cn_id(_of(text, one)))
    yield from _matches(_TW_ID, text, "identity")
    yield from _matches(_US_SSN, text, "identity")
    yield from (one for one in _matches(_IBAN, text, "account") if _is_iban(_of(text, one)))
    yield from (one for one in _matches(_CARD, text, "card") if _luhn(_of(text, one)))
    yield from _matches(_HASH_NUMBER, text, "order", group=1)
    yield from _phones(text, regions)
    yield from _matches(_STREET, text, "address")
    yield from _matches(_STREET_DE, text, "address")
    yield from _matches(_CN_PLACE, text, "address")
    yield from _matches(_MIXED_CODE, text, "order")
    yield from _matches(_LONG_NUMBER, text, "order")
    yield from _names(text, names)


def _matches(pattern: re.Pattern[str], text: str, kind: str, group: int = 0) -> Iterator[_Found]:
    for match in pattern.finditer(text):
        yield _Found(match.start(group), match.end(group), kind)


def _of(text: str, found: _Found) -> str:
    return text[found.start : found.end]


def _phones(text: str, regions: Sequence[str]) -> Iterator[_Found]:
    import phonenumbers  # loads a second of tables, which only this needs

    for region in regions:
        for match in phonenumbers.PhoneNumberMatcher(
            text, region, leniency=phonenumbers.Leniency.VALID
        ):
            if sum(sign.isdigit() for sign in match.raw_string) >= 7:
                yield _Found(match.start, match.end, "phone")


def _names(text: str, names: Iterable[str]) -> Iterator[_Found]:
    wanted: set[str] = set()
    for name in names:
        whole = " ".join(name.split())
        parts = [whole, *whole.split(" ")] if " " in whole else [whole]
        wanted |= {part.strip(".,") for part in parts}
        if re.fullmatch(r"[\u4e00-\u9fff]{3,4}", whole):  # the given name alone
            wanted.add(whole[-2:])
    for name in sorted(wanted, key=len, reverse=True):
        if len(name) < SHORTEST_NAME:
            continue
        edge = r"" if re.search(r"[\u3040-\u9fff]", name) else r"\b"
        for match in re.finditer(edge + re.escape(name) + edge, text, re.IGNORECASE):
            yield _Found(match.start(), match.end(), "name")


def _luhn(number: str) -> bool:
    return bool(luhn.is_valid("".join(str(int(sign)) for sign in number if sign.isdigit())))


def _is_iban(number: str) -> bool:
    """ISO 13616: the first four signs moved to the end, letters as numbers, modulo 97 is 1."""
    signs = number.replace(" ", "")
    return 15 <= len(signs) <= 34 and bool(mod_97_10.is_valid(signs[4:] + signs[:4]))


def _is_cn_id(number: str) -> bool:
    """GB 11643: the last sign checks the seventeen before it."""
    return bool(ric.calc_check_digit(number) == number[17].upper())
