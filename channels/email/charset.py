"""Turns bytes of any declared, wrong or missing charset into text, never failing.

The ladder: byte-order mark, declared charset widened to its superset, UTF-8 strict, the mailbox's
own language; a byte that fits nowhere is read as Windows-1252 rather than lost.
"""

import codecs
import re

# What senders call a charset and the superset they in fact write.
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz",
    "gb_2312-80": "gb18030", "cp936": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030",
    "chinesebig5": "big5hkscs", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs", "big5-eten": "big5hkscs",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "l1": "cp1252", "us-ascii": "ascii", "ansi_x3.4-1968": "ascii",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "ms_kanji": "cp932", "iso-2022-jp": "iso2022_jp_ext", "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "ksc5601": "cp949",
    "x-windows-949": "cp949", "utf8": "utf-8", "utf8mb4": "utf-8", "x-utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "unicode-1-1-utf-7": "utf-7", "ansi": "cp1252",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-ansi": "cp1252",
}  # fmt: skip

# These either are no charsets, or take quadratic time, or obey the machine they run on.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})

# Charsets in which every string of bytes is valid say nothing when they fit.
_BY_LANGUAGE = {
    "zh": ("gb18030", "big5hkscs"),
    "zh-hant": ("big5hkscs", "gb18030"),
    "ja": ("iso2022_jp_ext", "cp932", "euc_jp"),
    "ko": ("cp949",),
    "ru": ("cp1251",),
    "uk": ("cp1251",),
    "pl": ("cp1250",),
    "cs": ("cp1250",),
    "tr": ("cp1254",),
    "el": ("cp1253",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "th": ("cp874",),
}
_DOUBLE_BYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"})
_THREE_BYTES = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_HANT = ("zh-tw", "zh-hk", "zh-mo", "zh-hant")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_ISO_2022_JP = re.compile(rb"\x1b(\$[@B]|\([JI])")
_HANDLER = "switchroom.windows1252"


def decode(data: bytes, declared: str | None = None, locale: str = "en") -> str:
    """The text of `data`; `declared` is the charset its sender named, `locale` a BCP 47 tag."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _without_halves(data[len(mark) :].decode(codec, "replace"))
    declared_codec = known_codec(declared)
    candidates = [declared_codec, "utf-8", *_national(data, locale)]
    if declared_codec in (None, "ascii"):
        candidates = ["utf-8", *_national(data, locale)]
        if b"\x1b" in data and _ISO_2022_JP.search(data):
            candidates.insert(0, "iso2022_jp_ext")
    elif declared_codec and _is_surely_utf8(data, declared_codec):
        candidates.insert(0, "utf-8")
    for candidate in filter(None, candidates):
        try:
            return _without_halves(data.decode(candidate))
        except (UnicodeError, LookupError):
            continue
    best = declared_codec if declared_codec not in (None, "ascii") else "utf-8"
    return _without_halves(_forced(data, best or "utf-8"))


def declared_in_html(data: bytes) -> str | None:
    """The charset that the first kilobytes of an HTML document name in a meta element."""
    found = _META.search(data[:4096])
    return found[1].decode("ascii") if found else None


def known_codec(declared: str | None) -> str | None:
    """The codec to read a declared charset with, or None when there is no such charset."""
    name = (declared or "").strip().strip("\"'").lower()
    name = _SUPERSETS.get(name, name)
    if not name or not name.isascii() or len(name) > 40:
        return None
    for attempt in (name, name.replace("windows-", "cp"), name.removeprefix("x-")):
        attempt = _SUPERSETS.get(attempt, attempt)
        if attempt.replace("-", "_") in _REFUSED:
            return None
        try:
            codecs.lookup(attempt)
            b"".decode(attempt)
        except (LookupError, UnicodeError, ValueError):
            continue
        return attempt
    return None


def _national(data: bytes, locale: str) -> tuple[str, ...]:
    tag = locale.lower().replace("_", "-")
    if tag.startswith(_HANT):
        return _BY_LANGUAGE["zh-hant"]
    return _BY_LANGUAGE.get(tag.split("-")[0], ())


def _is_surely_utf8(data: bytes, declared_codec: str) -> bool:
    """Whether the bytes are UTF-8 although something else is declared.

    No single-byte text is valid UTF-8 by chance; double-byte text may be, in two-byte sequences.
    """
    if declared_codec in _DOUBLE_BYTE and not _THREE_BYTES.search(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.isascii()


def _without_halves(text: str) -> str:
    """UTF-7 and broken escapes can yield half a surrogate pair, which nothing can store."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _forced(data: bytes, codec: str) -> str:
    """What fits read in the codec, the rest as Windows-1252; all of it where too little fits.

    Each byte that does not fit costs a microsecond, so that megabytes of them would cost seconds.
    """
    fits = data.decode(codec, "ignore").encode(codec, "ignore")
    if len(data) - len(fits) > _MAX_FAULTS:
        return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0]
    return data.decode(codec, _HANDLER)


def _windows_1252(error: UnicodeError) -> tuple[str | bytes, int]:
    """A codec error handler: the bytes at fault, read as Windows-1252, holes as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    fault = error.object[error.start : error.end]
    return "".join(_WINDOWS_1252[byte] for byte in fault), error.end


_MAX_FAULTS = 20_000
_HOLES = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
_WINDOWS_1252 = "".join(
    bytes([byte]).decode("latin-1" if byte in _HOLES else "cp1252") for byte in range(256)
)
codecs.register_error(_HANDLER, _windows_1252)
