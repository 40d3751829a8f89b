"""One spelling for each way a customer is known, so that two spellings never make two customers."""

import re
import unicodedata

from channels.values import IdentityKind

MAX_LENGTH = 254

# What scripts send when they have nobody: accepting one would merge strangers into one customer.
_JUNK = frozenset(
    {"null", "none", "nil", "undefined", "nan", "guest", "anonymous", "unknown", "visitor"}
    | {"true", "false", "n/a", "na", "-", "-1", "[object object]", "(null)", "(none)", "{}", "[]"}
)
_JUNK_LOCAL_PARTS = frozenset({"null", "undefined", "none", "nan"})
_EMPTY_UUID = re.compile(r"[0\-{}]+")
_LOCAL_PART = re.compile(r"[^\s@<>(),:;\\\"\[\]\x00-\x1f\x7f]+")
_DOMAIN = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F.:]+\]")


def normalise(kind: IdentityKind, value: str, region: str | None = None) -> str | None:
    """The canonical form of an identity, or None when it identifies nobody.

    Emails get a lower local part and a casefolded, IDNA-encoded domain; phones become E.164, read
    as numbers of `region` (ISO 3166, "CN") when they lack a country code; anything else is trimmed.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or len(text) > MAX_LENGTH or not text.isprintable():
        return None
    if text.casefold() in _JUNK or _EMPTY_UUID.fullmatch(text):
        return None
    if kind == "email":
        return _normalise_email(text)
    if kind == "phone":
        return _normalise_phone(text, region)
    if kind == "card":
        return unicodedata.normalize("NFKC", re.sub(r"[\s\-]", "", text).upper()) or None
    return text


def _normalise_email(text: str) -> str | None:
    local, at, domain = text.removeprefix("mailto:").rpartition("@")
    local, domain = local.lower(), domain.casefold().rstrip(".")
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    if local in _JUNK_LOCAL_PARTS or domain in _JUNK:
        return None
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        if not domain.isascii():
            return None
    return f"{local}@{domain}"


def _normalise_phone(text: str, region: str | None) -> str | None:
    import phonenumbers  # at the first phone number: its tables take a moment

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
