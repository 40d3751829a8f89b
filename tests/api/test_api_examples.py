"""The examples of docs/api.md for the knowledge base work as they are written."""

import re
import shlex
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def _commands() -> list[list[str]]:
    """The arguments of each `curl`."""
    section = PAGE.read_text(encoding="utf-8").split("## The knowledge base")[1].split("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    whole = re.sub(r"(?m)^S=.*\n|^#.*\n", "", block).replace("\\\n", " ")
    return [shlex.split(line) for line in re.split(r"(?m)^(?=curl )", whole) if line.strip()]


async def _run(client: httpx.AsyncClient, command: list[str]) -> Any:
    """What curl would do."""
    given = {name: command[at + 1] for at, name in enumerate(command) if name in ("-X", "-d")}
    (address,) = [it for it in command if it.startswith("$S")]
    assert "Authorization: Bearer $KEY" in command
    method = given.get("-X", "POST" if "-d" in given else "GET")
    json = {"Content-Type": "application/json"}
    assert ("Content-Type: application/json" in command) == ("-d" in given)
    body = given["-d"].encode() if "-d" in given else None
    answer = await client.request(method, address.removeprefix("$S"), content=body, headers=json)
    assert answer.status_code < 300, (command, answer.text)
    return answer.json()


async def test_the_examples_work_as_they_are_written(machine: Machine, desk: Desk) -> None:
    ada = await machine("ada")
    said = [await _run(ada, command) for command in _commands()]
    put, more, found, suggested, answer, taught, topics, noted, gaps = said
    assert put["created"] == 1
    assert (more["created"], more["archived"], more["refused"]) == (1, 0, [])
    assert found[0]["id"] == "faq-17"
    assert suggested[0]["id"] == "faq-18"
    assert (answer["id"], answer["passage"]) == ("faq-17", "Within three working days.")
    assert taught == {"examples": 4, "labels": 2}
    assert topics[0]["label"] == "delivery"
    assert noted == {"noted": 2}
    assert len(gaps[0]) == 2
