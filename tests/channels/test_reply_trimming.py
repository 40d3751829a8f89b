"""What is left of a reply when quotes and signatures are cut."""

from collections.abc import Callable

import pytest

from channels.email.parse import parse
from channels.email.reply import trim


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qq_reply", "你好，\n\n请问我的订单什么时候发货？我住在㙓镇。"),
        ("netease_reply", "已经寄出，单号是 SF123456。"),
        ("foxmail_reply", "抬头请改为：示例科技有限公司。\n\n\n\n张伟\n示例科技有限公司"),
        ("iphone_reply_zh", "积分还是没有到账。"),
        (
            "outlook_reply",
            "Guten Tag,\n\nder Betrag über 20 € stimmt nicht.\n\n"
            "Mit freundlichen Grüßen\nKarl Schmidt",
        ),
    ],
)
def test_replies_of_real_mail_programs_are_cut_to_the_answer(
    mail: Callable[[str], bytes], name: str, text: str
) -> None:
    assert parse(mail(name)).text == text


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, Mar 5, 2024 at 4:12 PM Support <support@example.org> wrote:",
        "On Tue, Mar 5, 2024 at 4:12 PM, Support Team at Example\n<support@example.org> wrote:",
        "Am 05.03.2024 um 16:12 schrieb Support <support@example.org>:",
        "Le mar. 5 mars 2024 à 16:12, Support <support@example.org> a écrit :",
        "El mar, 5 mar 2024 a las 16:12, Support (<support@example.org>) escribió:",
        "Il giorno mar 5 mar 2024 alle ore 16:12 Support <support@example.org> ha scritto:",
        "Em ter., 5 de mar. de 2024 às 16:12, Support <support@example.org> escreveu:",
        "Op di 5 mrt 2024 om 16:12 schreef Support <support@example.org>:",
        "W dniu 5.03.2024 o 16:12 Support <support@example.org> napisał(a):",
        "Den tis 5 mars 2024 kl 16:12 skrev Support <support@example.org>:",
        "Den tirsdag 5. marts 2024 skrev Support <support@example.org>:",
        "tir. 5. mars 2024 kl. 16:12 skrev Support <support@example.org>:",
        "ti 5. maalisk. 2024 klo 16.12 Support <support@example.org> kirjoitti:",
        "вт, 5 мар. 2024 г. в 16:12, Support <support@example.org>:",
        "5 марта 2024 г., в 16:12, Support <support@example.org> написал(а):",
        "2024年3月5日(火) 16:12 Support <support@example.org>:",
        "2024年3月5日 16:12、Support <support@example.org>のメール:",
        "在 2024年3月5日，16:12，客服 <support@example.org> 写道：",
        "客服 <support@example.org> 于2024年3月5日周二 16:12写道：",
        "客服 <support@example.org> 於 2024年3月5日 週二 下午4:12寫道：",
        "-----Original Message-----",
        "-------- Ursprüngliche Nachricht --------",
        "------------------ 原始邮件 ------------------",
        "---- 回复的原邮件 ----",
        "From: Support <support@example.org>\nSent: Tuesday\nTo: Jane\nSubject: Parcel",
        "发件人: 客服\n发送时间: 2024年3月5日\n收件人: 王小明\n主题: 订单",
        "差出人: Support\n送信日時: 2024年3月5日\n宛先: Jane\n件名: 注文",
    ],
)
def test_the_line_above_the_answered_mail_is_known_in_many_languages(attribution: str) -> None:
    assert trim(f"Yes, please.\n\n{attribution}\n\nDear Jane,\nshall we?") == "Yes, please."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJane Miller\nExample Ltd",
        "Sent from my iPhone",
        "发自我的iPhone",
        "发自我的小米手机",
        "從我的 iPhone 傳送",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "iPhoneから送信",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
    ],
)
def test_signatures_are_cut(signature: str) -> None:
    assert trim(f"Yes, please.\n\n{signature}") == "Yes, please."


def test_a_signature_can_be_kept() -> None:
    text = "Yes, please.\n\n-- \nJane"
    assert trim(text, keep_signature=True) == text


def test_an_answer_below_the_quote_is_found() -> None:
    text = "On 5 Mar 2024, Support wrote:\n> Shall we?\n> Really?\n\nYes, please."
    assert trim(text) == "Yes, please."


def test_when_nothing_new_is_found_all_is_kept() -> None:
    text = "> Shall we?"
    assert trim(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote: please call me.\nNobody did.",
        "I want:\n- one\n- two\n--------\nThank you",
        "From: Berlin\nis where I write.",
        "订单号：4711\n时间：昨天\n请尽快处理。",
    ],
)
def test_ordinary_text_is_not_cut(text: str) -> None:
    assert trim(text) == text
