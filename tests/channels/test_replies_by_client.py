"""Replies as mail programs write them, by program and language: the customer's words are left, all
of them. The mails are made here from what each program puts around an answer."""

import pytest

from channels.email.reply import trim

WHO, MAIL, ME = "客服 Support", "support@example.org", "wang@example.com"

CHINESE = {
    "qq": f"""
------------------ 原始邮件 ------------------
发件人: "{WHO}" <{MAIL}>;
发送时间: 2024年3月5日(星期二) 下午4:12
收件人: "王小明"<{ME}>;

主题: Re: 订单""",
    "qq with entities": f"""
&nbsp;
------------------&nbsp;原始邮件&nbsp;------------------
发件人:                                                  "{WHO}"           <{MAIL}&gt;;
发送时间:&nbsp;2024年3月5日(星期二) 下午4:12
收件人:&nbsp;"王小明"<{ME}&gt;;
主题:&nbsp;Re: 订单""",
    "qq in english": f"""
------------------ Original ------------------
From:  "{WHO}"<{MAIL}>;
Date:  Tue, Mar 5, 2024 04:12 PM
To:  "wang"<{ME}>;
Subject:  Re: order""",
    "qq on a phone": f"""
发自我的iPhone


------------------ Original ------------------
From: {WHO} <{MAIL}>
Date: Tue,Mar 5,2024 4:12 PM
To: wang <{ME}>
Subject: Re: order""",
    "qq on android": f"""
---Original---
From: "{WHO}"<{MAIL}>
Date: Tue, Mar 5, 2024 16:12 PM
To: "wang"<{ME}>;
Subject: Re: order""",
    "wecom": f"""
------------------ 原始邮件 ------------------
发件人: {WHO} <{MAIL}>
发送时间: 2024年3月5日(周二) 16:12
收件人: 王小明 <{ME}>
主题: Re: 订单""",
    "163": f"""



在 2024-03-05 16:12:33，"{WHO}" <{MAIL}> 写道：
""",
    "163 by address": f"""
在 2024-03-05 16:12:33，{MAIL} 写道：
""",
    "163 in english": f"""
At 2024-03-05 16:12:33, "{WHO}" <{MAIL}> wrote:
""",
    "163 on a phone": f"""

---- 回复的原邮件 ----
| 发件人 | {WHO}<{MAIL}> |
| 发送日期 | 2024年03月05日 16:12 |
| 收件人 | <{ME}> |
| 抄送人 | |
| 主题 | Re: 订单 |
""",
    "163 on a phone, in english": f"""

---- Replied Message ----
| From | {WHO}<{MAIL}> |
| Date | 03/05/2024 16:12 |
| To | <{ME}> |
| Subject | Re: order |
""",
    "netease master": f"""
| |
王小明
|
|
{ME}
|
签名由网易邮箱大师定制
在2024年03月05日 16:12，{WHO}<{MAIL}> 写道：
""",
    "foxmail": f"""
\u00a0
发件人： {WHO}
发送时间： 2024-03-05 16:12
收件人： wang
主题： Re: 订单""",
    "outlook": f"""
________________________________
发件人: {WHO} <{MAIL}>
发送时间: 2024年3月5日 16:12
收件人: 王小明 <{ME}>
主题: Re: 订单
""",
    "old outlook": f"""
-----邮件原件-----
发件人: {WHO} [mailto:{MAIL}]
发送时间: 2024年3月5日 16:12
收件人: 王小明
主题: Re: 订单
""",
    "outlook, traditional": f"""
________________________________
寄件者: {WHO} <{MAIL}>
寄件日期: 2024年3月5日 下午 04:12
收件者: 王小明 <{ME}>
主旨: Re: 訂單
""",
    "outlook on a phone": f"""
获取 Outlook for iOS<https://aka.ms/o0ukef>
________________________________
发件人: {WHO} <{MAIL}>
发送时间: Tuesday, March 5, 2024 4:12:33 PM
收件人: 王小明 <{ME}>
主题: Re: 订单
""",
    "gmail": f"""
{WHO} <{MAIL}> 于2024年3月5日周二 16:12写道：

> 您好""",
    "gmail, wrapped": f"""
{WHO} <{MAIL}> 于2024年3月5日周二
16:12写道：

> 您好""",
    "gmail, traditional": f"""
{WHO} <{MAIL}> 於 2024年3月5日 週二 下午4:12寫道：

> 您好""",
    "apple": f"""
> 在 2024年3月5日，16:12，{WHO} <{MAIL}> 写道：
>
> 您好""",
    "apple on a phone": f"""
发自我的 iPhone

> 在 2024年3月5日，16:12，{WHO} <{MAIL}> 写道：
>
> ﻿您好""",
    "apple, newer": f"""
2024年3月5日 16:12，{WHO} <{MAIL}> 写道：

您好""",
    "apple, traditional": f"""
從我的 iPhone 傳送

> {WHO} <{MAIL}> 於 2024年3月5日 下午4:12 寫道：
>
> 您好""",
    "dingtalk": f"""
------------------------------------------------------------------
发件人：{WHO} <{MAIL}>
发送时间：2024年3月5日(星期二) 16:12
收件人：王小明 <{ME}>
主　题：Re: 订单
""",
    "aliyun": f"""
------------------------------------------------------------------
发件人：{WHO} <{MAIL}>
日　期：2024年03月05日 16:12:33
收件人：王小明<{ME}>
主　题：Re: 订单
""",
    "coremail": f"""
-----原始邮件-----
发件人:"{WHO}" <{MAIL}>
发送时间:2024-03-05 16:12:33 (星期二)
收件人: {ME}
抄送:
主题: Re: 订单
""",
    "sina": f"""
----- 原始邮件 -----
发件人：{WHO} <{MAIL}>
收件人：{ME}
主题：Re: 订单
日期：2024年03月05日 16点12分
""",
    "huawei": f"""
发自我的华为手机

-------- 原始邮件 --------
发件人： {WHO} <{MAIL}>
日期： 2024年3月5日周二 16:12
收件人： {ME}
主题： Re: 订单
""",
    "xiaomi": f"""
{WHO} <{MAIL}> 在 2024年3月5日 周二 下午4:12写道：
""",
    "samsung": f"""
发自我的三星手机
-------- 原始信息 --------
发件人： {WHO} <{MAIL}>
日期： 2024/3/5 16:12 (GMT+08:00)
收件人： {ME}
主题： Re: 订单
""",
    "thunderbird": f"""
在 2024/3/5 16:12, {WHO} 写道:
> 您好""",
    "feishu": f"""
发件人: "{WHO}"<{MAIL}>
日期: 2024年3月5日 (周二) 16:12
主题: Re: 订单
收件人: "王小明"<{ME}>
""",
    "yahoo": f"""
在 2024年3月5日 星期二 下午04:12:33 [GMT+8]， {WHO} <{MAIL}> 寫道：
""",
}

ANSWERS = {
    "short": "收到，谢谢！",
    "two paragraphs": "你好，\n\n订单 20240305 还没有收到，请帮忙查一下。\n\n谢谢\n王小明",
    "traditional": "您好：\n\n請問什麼時候可以寄出？發票抬頭請改為「範例公司」。",
    "mixed": "Hi, 请看截图：order #1042\n1. 杯子碎了\n2. 少了一个盖子",
}

QUOTED = "您好，\n\n您的订单已经寄出。\n客服 小李"


@pytest.mark.parametrize("client", CHINESE)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_by_a_chinese_mail_program_is_what_its_writer_wrote(
    client: str, answer: str
) -> None:
    quotes = CHINESE[client].endswith("> 您好")
    text = f"{ANSWERS[answer]}\n{CHINESE[client]}\n{'' if quotes else QUOTED}\n"
    assert trim(text) == ANSWERS[answer]


# By language: an answer, then how Gmail, Apple Mail and Thunderbird announce the answered mail.
ATTRIBUTIONS = {
    "en": ("Yes, please.", "On Tue, Mar 5, 2024 at 4:12 PM {} wrote:",
           "On 5 Mar 2024, at 16:12, {} wrote:", "On 05/03/2024 16:12, {} wrote:"),
    "de": ("Ja, bitte.", "Am Di., 5. März 2024 um 16:12 Uhr schrieb {}:",
           "Am 05.03.2024 um 16:12 schrieb {}:", "Am 05.03.24 um 16:12 schrieb {}:"),
    "fr": ("Oui, merci.", "Le mar. 5 mars 2024 à 16:12, {} a écrit :",
           "Le 5 mars 2024 à 16:12, {} a écrit :", "Le 05/03/2024 à 16:12, {} a écrit :"),
    "es": ("Sí, por favor.", "El mar, 5 mar 2024 a las 16:12, {} escribió:",
           "El 5 mar 2024, a las 16:12, {} escribió:", "El 5/3/24 a las 16:12, {} escribió:"),
    "it": ("Sì, grazie.", "Il giorno mar 5 mar 2024 alle ore 16:12 {} ha scritto:",
           "Il giorno 5 mar 2024, alle ore 16:12, {} ha scritto:",
           "Il 05/03/2024 16:12, {} ha scritto:"),
    "pt": ("Sim, por favor.", "Em ter., 5 de mar. de 2024 às 16:12, {} escreveu:",
           "No dia 05/03/2024, às 16:12, {} escreveu:", "Em 05/03/2024 16:12, {} escreveu:"),
    "nl": ("Ja, graag.", "Op di 5 mrt 2024 om 16:12 schreef {}:",
           "Op 5 mrt 2024, om 16:12 heeft {} het volgende geschreven:",
           "Op 05-03-2024 om 16:12 schreef {}:"),
    "pl": ("Tak, proszę.", "wt., 5 mar 2024 o 16:12 {} napisał(a):",
           "Wiadomość napisana przez {} w dniu 05.03.2024, o godz. 16:12:",
           "W dniu 5.03.2024 o 16:12, {} pisze:"),
    "sv": ("Ja, tack.", "Den tis 5 mars 2024 kl 16:12 skrev {}:",
           "5 mars 2024 kl. 16:12 skrev {}:", "Den 2024-03-05 kl. 16:12, skrev {}:"),
    "da": ("Ja, tak.", "Den tirs. 5. mar. 2024 kl. 16.12 skrev {}:",
           "Den 5. mar. 2024 kl. 16.12 skrev {}:", "Den 05.03.2024 kl. 16.12 skrev {}:"),
    "no": ("Ja, takk.", "tir. 5. mars 2024 kl. 16:12 skrev {}:",
           "5. mars 2024 kl. 16:12 skrev {}:", "Den 05.03.2024 16:12, skrev {}:"),
    "fi": ("Kyllä, kiitos.", "ti 5. maalisk. 2024 klo 16.12 {} kirjoitti:",
           "{} kirjoitti 5.3.2024 kello 16.12:", "{} kirjoitti 5.3.2024 klo 16.12:"),
    "ru": ("Да, пожалуйста.", "вт, 5 мар. 2024 г. в 16:12, {}:",
           "5 марта 2024 г., в 16:12, {} написал(а):", "05.03.2024 16:12, {} пишет:"),
    "ja": ("はい、お願いします。", "2024年3月5日(火) 16:12 {}:",
           "2024/03/05 16:12、{}のメール:", "On 2024/03/05 16:12, {} wrote:"),
    "zh": ("好的，谢谢。", "{} 于2024年3月5日周二 16:12写道：",
           "在 2024年3月5日，16:12，{} 写道：", "在 2024/3/5 16:12, {} 写道:"),
}  # fmt: skip

# By language: the four lines that Outlook puts above the answered mail.
OUTLOOK = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "pt": ("De", "Enviado", "Para", "Assunto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłane", "Do", "Temat"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "no": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
}


@pytest.mark.parametrize("language", ATTRIBUTIONS)
@pytest.mark.parametrize("client", ["gmail", "apple", "thunderbird"])
@pytest.mark.parametrize("quoted", ["> Dear Jane,\n> shall we?", "Dear Jane,\nshall we?"])
def test_an_answer_in_fifteen_languages_is_what_its_writer_wrote(
    language: str, client: str, quoted: str
) -> None:
    answer, *attributions = ATTRIBUTIONS[language]
    attribution = attributions[["gmail", "apple", "thunderbird"].index(client)]
    announced = attribution.format(f"Support <{MAIL}>")
    assert trim(f"{answer}\n\n{announced}\n\n{quoted}\n") == answer


@pytest.mark.parametrize("language", OUTLOOK)
@pytest.mark.parametrize("rule", ["", "________________________________\n"])
def test_what_outlook_puts_above_the_answered_mail_is_known(language: str, rule: str) -> None:
    answer = ATTRIBUTIONS[language][0]
    values = (f"Support <{MAIL}>", "2024-03-05 16:12", ME, "Re: 1042")
    block = "\n".join(f"{n}: {v}" for n, v in zip(OUTLOOK[language], values, strict=True))
    assert trim(f"{answer}\n\n{rule}{block}\n\nDear Jane,\nshall we?\n") == answer


@pytest.mark.parametrize(
    "text",
    [
        "您好，\n客服在电话里说的和邮件里写道的不一样：\n一个说 3 天，一个说 5 天。",
        "请把发票寄到：\n收件人：王小明\n电话：13800000000\n地址：上海市静安区 1 号\n谢谢",
        "物流显示：\n2024-03-05 16:12 已签收\n但是我没有收到。",
        "我在 2024年3月5日 16:12 下的单，到现在还没有发货。\n请尽快处理。",
        "原文是这样的：买二送一。\n但是我只收到两个。",
        "发件人写错了，应该是李四。\n请改一下。",
        "On Monday I wrote: please cancel order 1042.\nNobody answered.",
        "Am 5. März hat der Fahrer geklingelt:\nes war niemand da.",
        "Von: Berlin\nNach: Hamburg\nAbfahrt: 16:12\nDiese Fahrt bitte stornieren.",
        "From: Berlin\nTo: Hamburg\nI would like to change this trip to March 5.",
        "De: Lyon\nÀ: Paris\nJe voudrais annuler.",
        "I tried this:\n1. restart\n2. reset\nNothing helped. --\nAnd then it broke.",
        "Il cliente mi ha scritto:\nnon funziona dal 5 marzo.",
        "价格：\n----------\n杯子 20 元\n盖子 5 元\n----------\n一共 25 元，对吗？",
        "以下是错误信息：\n> npm ERR! code 1\n请问怎么办？",
    ],
)
def test_nothing_of_the_customer_s_own_words_is_cut(text: str) -> None:
    assert trim(text) == text
