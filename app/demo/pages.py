"""The demo's own pages: a pretend shop that carries the widget and the form, and its mailbox."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any

import aiosmtplib
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.db import NotFound
from app.demo.catcher import Catcher
from app.demo.company import COLOR, EMAIL, Company
from app.demo.regulars import regulars
from app.web.late_route import LateRoute
from app.web.request import Run, html, locale_of

PRODUCTS = (
    ("gyokuro", "Gyokuro Asahi", "18.50"),
    ("longjing", "西湖龙井 Longjing", "16.00"),
    ("oolong", "High Mountain Oolong", "14.50"),
    ("puerh", "Pu-erh 2009", "29.00"),
    ("teapot", "Yixing teapot", "64.00"),
    ("cups", "Two celadon cups", "38.00"),
)


COOKIE = "demo_customer"
GOOD_FOR_S = 3_600


def signed(customer: Mapping[str, Any], audience: str, secret: str, now: int) -> str:
    """What a shop's own server makes: a JSON Web Token (RFC 7519, HS256) that says who its
    customer is, for an hour."""
    claims = {
        "sub": customer["user"], "email": customer["email"], "name": customer["name"],
        "aud": audience, "exp": now // 1000 + GOOD_FOR_S,
    }  # fmt: skip
    text = ".".join(_part(json.dumps(one).encode()) for one in ({"alg": "HS256"}, claims))
    return f"{text}.{_part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def demo_router(company: Company, catcher: Catcher, smtp_port: int) -> APIRouter:
    """The pages under /demo; only a demo installation has them."""
    router = APIRouter(prefix="/demo", include_in_schema=False, route_class=LateRoute)

    @router.post("/sign-in")
    async def sign_in(customer: str = Form("", max_length=20)) -> Response:
        known = customer in {one["key"] for one in regulars()}
        answer = RedirectResponse("/demo/" if known else "/demo/?left=1", 303)
        answer.set_cookie(COOKIE, customer if known else "", httponly=True, samesite="lax")
        return answer

    @router.get("/")
    async def shop(request: Request, runtime: Run, left: bool = False) -> HTMLResponse:
        here = request.cookies.get(COOKIE, "")
        customer = next((one for one in regulars() if one["key"] == here), None)
        token = ""
        if customer is not None:
            token = signed(customer, company.chat_key, company.identity_secret, clock.now())
        locale = locale_of(request)
        page = runtime.pages.render(
            "demo/shop.html",
            locale,
            products=PRODUCTS,
            chat_key=company.chat_key,
            form_key=company.form_key,
            color=COLOR,
            email=EMAIL,
            people=regulars(),
            customer=customer,
            token=token,
            left=left and customer is None,
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
