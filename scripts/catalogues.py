"""Keeps locale/*.po in step with the texts in app/ and templates/; checks that all are translated.

update      extract every text and merge it into the catalogues; gone texts are dropped
untranslated LOCALE   print the texts that have no translation yet
fill LOCALE FILE      take translations from a JSON object {text: translation}
convert     fill what zh_Hant lacks by OpenCC (s2twp) and catalogues_taiwan.txt, to be read over
check       exit with 1 when a text is missing, untranslated, or has other placeholders
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import opencc
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = ("zh_Hans", "zh_Hant")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
# What Taiwan says otherwise than OpenCC's phrases: a pair a line, done in this order.
TAIWAN = [
    line.split("\t")
    for line in Path(__file__).with_name("catalogues_taiwan.txt").read_text().splitlines()
]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}


def extract() -> Catalog:
    """Every text of the source, with where it stands."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = Catalog(project="Switchroom", charset="utf-8")
    for folder in ("app", "templates"):
        found = extract_from_dir(
            ROOT / folder,
            [(pattern.removeprefix(folder + "/"), method) for pattern, method in methods],
            {pattern.removeprefix(folder + "/"): value for pattern, value in options.items()},
            keywords=KEYWORDS,
        )
        for filename, line, message, comments, context in found:
            catalog.add(
                message, None, [(f"{folder}/{filename}", line)],
                auto_comments=comments, context=context,
            )  # fmt: skip
    return catalog


def load(locale: str) -> Catalog:
    path = ROOT / "locale" / f"{locale}.po"
    if not path.exists():
        return Catalog(locale=locale, project="Switchroom", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def save(locale: str, catalog: Catalog) -> None:
    with (ROOT / "locale" / f"{locale}.po").open("wb") as file:
        # No line numbers: they would change with every edit of a template.
        write_po(file, catalog, width=110, sort_output=True, ignore_obsolete=True, no_location=True)


def update() -> int:
    template = extract()
    for locale in TRANSLATED:
        catalog = load(locale)
        made = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        catalog.creation_date = made  # else every update would change a line
        catalog.obsolete.clear()
        save(locale, catalog)
    print(f"{len(template)} texts")
    return 0


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def problems(catalog: Catalog, template: Catalog) -> list[str]:
    """What is wrong with a catalogue, one line each."""
    found = []
    for wanted in template:
        if not wanted.id:
            continue
        have = catalog.get(wanted.id, wanted.context)
        name = wanted.id if isinstance(wanted.id, str) else wanted.id[0]
        if have is None:
            found.append(f"missing, run `scripts/catalogues update`: {name!r}")
        elif not all(_strings(have)) or have.fuzzy:
            found.append(f"not translated: {name!r}")
        else:
            ids = [wanted.id] if isinstance(wanted.id, str) else list(wanted.id)
            names = set(PLACEHOLDER.findall(" ".join(ids)))
            for text in _strings(have):
                # A plural form may leave out the number, but no form may ask for what is not given.
                if (given := set(PLACEHOLDER.findall(text))) != names and given - names | (
                    names - given - {"num"}
                ):
                    found.append(f"other placeholders than {sorted(names)}: {name!r} → {text!r}")
    return found


def check() -> int:
    template = extract()
    wrong = [(locale, line) for locale in TRANSLATED for line in problems(load(locale), template)]
    for locale, line in wrong:
        print(f"{locale}: {line}", file=sys.stderr)
    print(f"{len(template)} texts, {len(wrong)} problems")
    return 1 if wrong else 0


def untranslated(locale: str) -> int:
    for message in load(locale):
        if message.id and not all(_strings(message)):
            print(message.id if isinstance(message.id, str) else " | ".join(message.id))
    return 0


def fill(locale: str, file: str) -> int:
    """A plural text is named by its singular; Chinese has one form."""
    catalog = load(locale)
    translations = json.loads(Path(file).read_text())
    for message in catalog:
        singular = message.id if isinstance(message.id, str) else message.id[0]
        if singular and singular in translations:
            text = translations[singular]
            message.string = text if isinstance(message.id, str) else (text,)
    save(locale, catalog)
    return 0


def _for_taiwan(text: str) -> str:
    for other, taiwan in TAIWAN:
        text = text.replace(other, taiwan)
    return text


def convert() -> int:
    converter = opencc.OpenCC("s2twp")
    simplified, traditional = load("zh_Hans"), load("zh_Hant")
    for message in traditional:
        source = simplified.get(message.id, message.context) if message.id else None
        if source is None or all(_strings(message)):
            continue
        texts = [_for_taiwan(converter.convert(text)) for text in _strings(source)]
        message.string = texts[0] if isinstance(source.string, str) else tuple(texts)
    save("zh_Hant", traditional)
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "update": update,
    "check": check,
    "convert": convert,
    "fill": fill,
    "untranslated": untranslated,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
