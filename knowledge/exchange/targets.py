"""What the texts of a folder point at: pictures and pages that lie in it, and those that do not."""

import posixpath
import re
from collections.abc import Container, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

from knowledge.exchange.values import Parcel, Refused

PICTURE = "picture:"  # stands before the path of a picture that came along
PAGE = "page:"  # before the address-part of an article that came along
_PICTURE = re.compile(r"(!\[[^\]\n]*\]\()<?([^)\s>]+)>?")
_LINK = re.compile(r"((?<!!)\[[^\]\n]*\]\()<?([^)\s>#]+\.(?:md|markdown))(?:#[^)\s>]*)?>?(?=[)\s])")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#", re.IGNORECASE)


def name_targets(path: str, body: str, pages: Mapping[str, str], parcel: Parcel) -> str:
    """The body with pictures called by their path from the top and pages by their part of the
    address; what is not there is noted among the parcel's doubts and left as it is."""
    folder = str(PurePosixPath(path).parent)

    def found(target: str, among: Container[str], why: str) -> str:
        if _ELSEWHERE.match(target):
            return ""
        for way in (target, unquote(target)):
            there = posixpath.normpath(posixpath.join(folder, way))
            if there in among:
                return there
        parcel.doubts.append(Refused(f"{path}: {target}", why))
        return ""

    def picture(match: re.Match[str]) -> str:
        there = found(match.group(2), parcel.pictures, "no_picture")
        return f"{match.group(1)}{PICTURE}{there}" if there else match.group(0)

    def page(match: re.Match[str]) -> str:
        there = found(match.group(2), pages, "no_page")
        return f"{match.group(1)}{PAGE}{pages[there]}" if there else match.group(0)

    return _LINK.sub(page, _PICTURE.sub(picture, body))
