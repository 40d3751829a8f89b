"""One spelling for each way a customer is known, so that two spellings never make two customers."""

import re
import unicodedata

from channels.values import IdentityKind

MAX_LENGTH = 254

# What scripts send when they have nobody: accepting one would merge strangers into one customer.
_JUNK = frozenset(
    {"null", "none", "nil", "undefined", "nan", "guest", "anonymous", "unknown", "visitor"}
    | {"true", "false", "n/a", "na", "-", "-1", "[object object]", "(null)", "(none)", "{}", "[]"}
    | {"id", "email", "phone", "user", "test", "distinctid", "distinct_id", "not_authenticated"}
    | {"user_id", "userid", "anonymous_id", "not authenticated", "default", "noreply", "no-reply"}
)
# External ids carry their system, those of OpenID Connect their issuer (Core 5.7: sub and iss
# together): the same number in two systems is two people.
_PARTED: dict[IdentityKind, str] = {"external": ":", "oidc": "|"}
_JUNK_LOCAL_PARTS = frozenset({"null", "undefined", "none", "nan"})
_EMPTY_UUID = re.compile(r"[0\-{}]+")
_LOCAL_PART = re.compile(r"[^\s@<>(),:;\\\"\[\]\x00-\x1f\x7f]+")
_DOMAIN = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F.:]+\]")


def normalise(kind: IdentityKind, value: str, region: str | None = None) -> str | None:
    """The canonical form of an identity, or None when it identifies nobody.

    Emails get a lower local part and a casefolded, IDNA-encoded domain; phones become E.164, read
    as numbers of `region` (ISO 3166, "CN") when they lack a country code; ids of other systems are
    "system:id", those of OpenID Connect "issuer|subject"; anything else is trimmed.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or len(text) > MAX_LENGTH or not text.isprintable():
        return None
    if _is_junk(text):
        return None
    if kind == "email":
        return _normalise_email(text)
    if kind == "phone":
        return _normalise_phone(text, region)
    if kind == "card":
        return unicodedata.normalize("NFKC", re.sub(r"[\s\-]", "", text).upper()) or None
    if (sign := _PARTED.get(kind)) is not None:
        system, parted, own = text.partition(sign) if kind == "external" else text.rpartition(sign)
        if not parted or not system.strip() or _is_junk(own.strip()):
            return None
        return f"{system.strip()}{sign}{own.strip()}"
    return text


def namespace(kind: IdentityKind, value: str) -> str | None:
    """Where an id is the only one of its person: two different ones are two people.

    None for kinds of which a person may have several: addresses, numbers, browsers, cards.
    """
    if kind == "user":
        system, parted, _ = value.partition(":")
        return f"user:{system if parted else ''}"
    if kind == "external":
        return f"external:{value.partition(':')[0]}"
    if kind == "oidc":
        return f"oidc:{value.rpartition('|')[0]}"
    return None


def _is_junk(text: str) -> bool:
    bare = text.strip("\"'`“”‘’ ")
    return not bare or bare.casefold() in _JUNK or bool(_EMPTY_UUID.fullmatch(bare))


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
