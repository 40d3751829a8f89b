"""What stands under a mail: the agent's signature, then the brand's, with names filled in.

Placeholders are names without logic; one that is unknown or empty is left out.
"""

import re

from app.queries.outgoing import Outgoing

_NAME = re.compile(r"\{\{\s*([a-z_]+\.[a-z_]+)\s*\}\}")


def signature_of(mail: Outgoing) -> str:
    """Both signatures, without what the text already ends with: whoever signs by hand, or sends a
    text that came back from the composer, is not signed twice."""
    values = {
        "agent.name": mail.agent,
        "agent.first_name": mail.agent.partition(" ")[0],
        "brand.name": str(mail.brand.name),
    }
    own = _filled(mail.agent_signature, values)
    brand = _filled(str(mail.brand.signature), values)
    brand = brand.replace("{agent}", mail.agent).replace("{brand}", values["brand.name"])
    said = _plain(mail.messages[-1].text)
    parts = [part for part in dict.fromkeys((own, brand)) if part]
    whole = "\n".join(parts)
    if not whole or said.endswith(_plain(whole)):
        return ""
    if len(parts) == 2 and said.endswith(_plain(own)):
        return brand
    return whole


def _filled(text: str, values: dict[str, str]) -> str:
    filled = _NAME.sub(lambda match: values.get(match[1], ""), text.replace("\r\n", "\n"))
    return "\n".join(line.rstrip() for line in filled.split("\n")).strip()


def _plain(text: str) -> str:
    return " ".join(text.split())
