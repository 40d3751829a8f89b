"""A generator of life: customers write through the real doors, demo agents answer by API.

Everything goes over the wire: mails by SMTP into the product's own listener, chats and forms by
HTTP and socket, agents with API keys. What works here works for anybody.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from typing import Any

import aiosmtplib
import httpx2 as httpx
import structlog
from websockets.exceptions import WebSocketException

from app.clock import new_id
from app.clock import now as now_ms
from app.demo.company import EMAIL, Company, content
from app.demo.visitor import DemoVisitor

_log = structlog.get_logger(__name__)

BETWEEN_S = (5.0, 15.0)  # between two new customers: what three agents can serve
THINK_S = (4.0, 10.0)  # before an agent answers or a customer writes on
PATIENCE_S = 180.0  # a customer waits for an answer so long and then leaves
AT_ONCE = 12  # customers at the same time, at most
GONE_MS = 120_000  # a chat is over when nobody has written for so long

Work = Callable[[httpx.AsyncClient, int], Awaitable[None]]


class Life:
    """Customers and agents of the demo, until it is cancelled."""

    def __init__(
        self, base_url: str, smtp_port: int, company: Company, keys: Mapping[str, str]
    ) -> None:
        self._url = base_url
        self._smtp_port = smtp_port
        self._company = company
        self._keys = keys  # agent's name -> API key
        self._chance = random.Random()
        self._names = content("people")["customers"]
        self._dialogues = content("dialogues")["dialogue"]
        self._present = asyncio.Semaphore(AT_ONCE)
        self._orders = 9000

    async def run(self) -> None:
        """Live until cancelled; a customer who fails is logged and does not stop the others."""
        async with asyncio.TaskGroup() as group:
            for name, key in self._keys.items():
                for work in (self._take, self._serve):  # an offer is not kept waiting for an answer
                    group.create_task(self._agent(name, key, work))
            while True:
                await asyncio.sleep(self._chance.uniform(*BETWEEN_S))
                await self._present.acquire()
                group.create_task(self._customer())

    async def _customer(self) -> None:
        dialogue = self._chance.choice(self._dialogues)
        name = self._chance.choice(self._names[dialogue["language"]])
        self._orders += 3
        words = {"order": f"LL-{self._orders}", "name": name.split()[0]}
        channel = self._chance.choice(dialogue["channels"])
        opening = self._chance.choice(dialogue["opening"]).format(**words)
        try:
            if channel == "email":
                await self._mail(name, dialogue["subject"], opening)
            elif channel == "form":
                await self._form(name, dialogue["subject"], opening)
            else:
                await self._chat(name, dialogue, opening)
        except (httpx.HTTPError, aiosmtplib.SMTPException, WebSocketException, OSError) as error:
            _log.warning("demo customer failed", channel=channel, error=str(error))
        finally:
            self._present.release()

    async def _mail(self, name: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"] = formataddr((name, self._address(name)))
        message["To"] = EMAIL
        message["Subject"] = subject
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = make_msgid(domain="mail.example")
        message.set_content(text)
        await aiosmtplib.send(
            message, hostname="127.0.0.1", port=self._smtp_port, start_tls=False, use_tls=False
        )

    async def _form(self, name: str, subject: str, text: str) -> None:
        async with httpx.AsyncClient(base_url=self._url) as http:
            answer = await http.post(
                f"/form/{self._company.form_key}.json",
                json={
                    "name": name,
                    "email": self._address(name),
                    "subject": subject,
                    "message": text,
                },
                headers={"Idempotency-Key": new_id()},
            )
            answer.raise_for_status()

    async def _chat(self, name: str, dialogue: Mapping[str, Any], opening: str) -> None:
        language = "zh-CN" if dialogue["language"] == "zh" else "en"
        address = self._address(name)
        key = self._company.chat_key
        async with DemoVisitor(self._url, key, name, address, language) as visitor:
            await visitor.say(opening)
            for text in dialogue["more"]:
                if not await visitor.read_answer(PATIENCE_S):
                    return
                await self._think()
                await visitor.say(text)
            await visitor.read_answer(PATIENCE_S)

    async def _agent(self, name: str, key: str, work: Work) -> None:
        """An agent who takes what is offered, or answers with the words of the dialogues."""
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=f"{self._url}/api/v1", headers=headers) as api:
            me = self._company.agent_ids[name]
            while True:
                try:
                    await work(api, me)
                except httpx.HTTPError as error:
                    _log.warning("demo agent failed", agent=name, error=str(error))
                await asyncio.sleep(self._chance.uniform(2, 5))

    async def _take(self, api: httpx.AsyncClient, me: int) -> None:
        await api.put(f"/agents/{me}/presence", json={"state": "available"})
        for offer in (await api.get("/offers")).raise_for_status().json():
            await self._think()
            await api.post(f"/offers/{offer['id']}/accept")

    async def _serve(self, api: httpx.AsyncClient, me: int) -> None:
        mine = await api.get("/conversations", params={"status": "open", "assignee_id": me})
        for conversation in mine.raise_for_status().json():
            if conversation["waiting_since"] is not None:
                await self._think()
                await self._answer(api, conversation)
            elif now_ms() - conversation["last_message_at"] > GONE_MS:
                await api.patch(f"/conversations/{conversation['id']}", json={"status": "done"})

    async def _answer(self, api: httpx.AsyncClient, conversation: Mapping[str, Any]) -> None:
        path = f"/conversations/{conversation['id']}"
        said = (await api.get(f"{path}/messages")).raise_for_status().json()
        turn = sum(1 for message in said if message["kind"] == "outbound")
        dialogue = self._dialogue_of(said)
        customer = (await api.get(f"/customers/{conversation['customer_id']}")).json()
        if turn < len(dialogue["replies"]):
            first = (customer["name"] or "").split()[0:1]
            text = dialogue["replies"][turn].format(name=first[0] if first else "", order="")
            await api.post(f"{path}/messages", json={"text": text})
        # Who writes a letter does not write again: hands would fill with letters for good.
        if conversation["channel"] != "chat" or turn + 1 >= len(dialogue["replies"]):
            await self._think()
            await api.patch(path, json={"status": "done"})

    def _dialogue_of(self, said: list[dict[str, Any]]) -> Mapping[str, Any]:
        """The dialogue that began like this conversation; any of its language for a real person."""
        first = next((message["text"] for message in said if message["kind"] == "inbound"), "")
        for dialogue in self._dialogues:
            if any(first[:18] == opening[:18] for opening in dialogue["opening"]):
                return dict(dialogue)
        language = "en" if first.isascii() else "zh"
        return next(dict(d) for d in self._dialogues if d["language"] == language)

    async def _think(self) -> None:
        await asyncio.sleep(self._chance.uniform(*THINK_S))

    def _address(self, name: str) -> str:
        local = "".join(c for c in name.lower().replace(" ", ".") if c.isascii()) or "guest"
        return f"{local}{sum(map(ord, name)) % 97}@mail.example"
