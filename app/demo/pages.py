"""The demo's own pages: a pretend shop that carries the widget and the form, and its mailbox."""

import asyncio
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

import aiosmtplib
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.db import NotFound
from app.demo.catcher import Catcher
from app.demo.company import COLOR, EMAIL, Company
from app.web.request import Run, html, locale_of

PRODUCTS = (
    ("gyokuro", "Gyokuro Asahi", "18.50"),
    ("longjing", "西湖龙井 Longjing", "16.00"),
    ("oolong", "High Mountain Oolong", "14.50"),
    ("puerh", "Pu-erh 2009", "29.00"),
    ("teapot", "Yixing teapot", "64.00"),
    ("cups", "Two celadon cups", "38.00"),
)


def demo_router(company: Company, catcher: Catcher, smtp_port: int) -> APIRouter:
    """The pages under /demo; only a demo installation has them."""
    router = APIRouter(prefix="/demo", include_in_schema=False)

    @router.get("/")
    async def shop(request: Request, runtime: Run) -> HTMLResponse:
        locale = locale_of(request)
        page = runtime.pages.render(
            "demo/shop.html",
            locale,
            products=PRODUCTS,
            chat_key=company.chat_key,
            form_key=company.form_key,
            color=COLOR,
            email=EMAIL,
        )
        return html(page)

    @router.get("/mail")
    async def mailbox(request: Request, runtime: Run, open: int | None = None) -> HTMLResponse:
        chosen = catcher.find(open) if open is not None else None
        page = runtime.pages.render(
            "demo/mail.html",
            locale_of(request),
            mails=tuple(catcher.mails),
            chosen=chosen,
            email=EMAIL,
            time_zone="UTC",
        )
        return html(page)

    @router.post("/mail")
    async def write(
        sender: str = Form(max_length=200),
        subject: str = Form("", max_length=300),
        text: str = Form(max_length=10_000),
        answers: int | None = Form(None),
    ) -> Response:
        original = catcher.find(answers) if answers is not None else None
        if answers is not None and original is None:
            raise NotFound
        message = EmailMessage()
        message["From"] = sender
        message["To"] = original.sender if original else EMAIL
        message["Subject"] = subject or (original.subject if original else "")
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = make_msgid(domain="mail.example")
        if original is not None:
            message["In-Reply-To"] = original.message_id
            message["References"] = f"{original.references} {original.message_id}".strip()
        message.set_content(text)
        address = parseaddr(str(message["To"]))[1]
        await asyncio.wait_for(
            aiosmtplib.send(
                message,
                hostname="127.0.0.1",
                port=smtp_port,
                recipients=[address],
                start_tls=False,
                use_tls=False,
            ),
            timeout=15,
        )
        return RedirectResponse("/demo/mail?sent=1", 303)

    return router
