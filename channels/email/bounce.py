"""Reads from a delivery status notification which recipient was not reached, and why.

RFC 3464 reports are read field by field; the many hosts that write prose instead are read by the
codes and words they use. `hard` means that the address itself does not work, so that mailing it
again is pointless; a full mailbox, a filter or a dead line are soft, whatever their code.
"""

import re

from channels.email import charset
from channels.email.headers import Headers, decode_words, message_ids, read_headers
from channels.email.mime import Part
from channels.values import DeliveryReport

MAX_REPORTS = 100
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_MAX_PROSE = 20_000

_DAEMON = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|post_?master|mdaemon|mailerdaemon|mail-?er|mmdf|uucp|daemon"
    r"|double-bounce|mail-?system|bounce\w*|mail_?delivery_?\w*|microsoftexchange\w*"
    r"|no-?reply-bounce)(?:[+.=-].*)?$",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"^(?:no|do-?not)-?reply(?:[+.=-].*)?$", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|delivery (?:status notification|fail|has failed|notification|problem"
    r"|error|report)|returned (?:mail|message)|mail delivery (?:failed|failure"
    r"|problem|error|system)"
    r"|failure notice|delivery (?:to the following|unsuccessful)|non[- ]?delivery|not delivered"
    r"|message delivery (?:failure|has failed)|could not (?:be delivered|send)"
    r"|warning: (?:could not"
    r"|message .{0,40}delayed)|delayed mail|mail (?:failure|could not|system error|failed)"
    r"|rejected mail|bounced? (?:mail|message)|error sending|unzustellbar|nicht zugestellt"
    r"|zustellung fehlgeschlagen|non remis|[ée]chec de (?:la )?(?:remise|distribution)"
    r"|no se puede entregar|no entregado|impossibile recapitare|mancato recapito"
    r"|n[ãa]o entregue|niet (?:bezorgd|afgeleverd)|onbestelbaar|niedostarczon"
    r"|не доставлено|недоставленное|配信不能|エラー通知|配送エラー|送信エラー|不達"
    r"|退信|退件|无法投递|無法投遞|投递失败|投遞失敗|无法送达|未送达|未传递|无法传递|發送失敗|发送失败",
    re.IGNORECASE,
)

# In order of precedence: the status that such words mean, whether the address is dead, the words.
_REASONS = tuple(
    (status, hard, re.compile(words, re.IGNORECASE))
    for status, hard, words in (
        (
            "5.2.2",
            False,
            r"quota|mailbox (?:is |size |storage )?(?:full|exceed|limit)|(?:mailbox|inbox"
            r"|disk|folder)"
            r"[^.\n]{0,30} full\b|insufficient (?:disk|system )?(?:space|storage)|out of storage"
            r"|not enough (?:disk )?(?:space|storage)"
            r"|一杯のため|邮箱已满|郵箱已滿|空间不足|容量不足|信箱已滿",
        ),
        (
            "5.3.4",
            False,
            r"(?:message|mail)(?: file| size)?[^.\n]{0,20} (?:too (?:big|large)|exceeds)"
            r"|size limit|max(?:imum)? message size|邮件过大|超出[^\n]{0,9}大小",
        ),
        (
            "5.2.1",
            True,
            r"(?:account|mailbox|user|address)[^.\n]{0,30}(?:disabled|suspended|inactive"
            r"|deactivated"
            r"|not active|locked|no longer (?:available|active|valid|accepts))|user is inactive"
            r"|账号已停用|帐号被禁用|帐户已(?:停用|注销)",
        ),
        (
            "5.1.2",
            True,
            r"host (?:or domain name )?(?:unknown|not found)|unknown host|domain (?:does not"
            r"|doesn't)"
            r" exist|domain (?:name )?not found|nxdomain|name or service not known|unrouteable"
            r"|couldn't find any host|no such (?:host|domain)|bad destination (?:host|system)"
            r"|illegal host/domain|name server: host not found|does not accept mail|null mx"
            r"|域名不存在|找不到域名",
        ),
        (
            "5.1.1",
            True,
            r"(?:user|recipient|addressee|mailbox|account|address|alias|local part)s?[^.\n]{0,40}"
            r"(?:unknown|not found|not exist|n't exist|not known|isn't known|not listed|unavailable"
            r"|not a valid|not valid|invalid|no longer|undeliverable|不存在)"
            r"|(?:unknown|invalid|no such|no|nonexistent|bad|wrong|not a known) (?:user|recipient"
            r"|mailbox|account|address|person|local[- ]part|addressee|valid recipients?)"
            r"|not a known user|not our customer|user doesn't|no mailbox|mail-?box (?:does|unavail)"
            r"|不存在|无此用户|查无此人|收件人地址有误|未知用户|找不到[^\n]{0,9}(?:收件人|地址|用户|邮箱)"
            r"|ユーザーが見つかりません|宛先不明",
        ),
        (
            "4.4.7",
            False,
            r"(?:delivery|message|retry)[^.\n]{0,30}(?:expired|timed? ?out)|retry time|in (?:the )?"
            r"queue too long|has not been delivered|not been able to deliver|delay(?:ed)?\b|超时",
        ),
        ("5.4.6", False, r"too many hops|(?:mail|routing) loop|loops back"),
        (
            "4.4.1",
            False,
            r"connection (?:refused|timed out|dropped|reset|closed)|no route to host"
            r"|network (?:is )?unreachable|(?:can't|could not|unable to|failed to) connect"
            r"|host is (?:down|unreachable)",
        ),
        (
            "5.7.1",
            False,
            r"spam|blocked|black ?list|blocklist|spf\b|dkim|dmarc|polic(?:y|ies)|reputation"
            r"|relay|denied|prohibited|not (?:allowed|permitted|authorized)|refused|rejected"
            r"|virus|拒收|拒绝|垃圾邮件|反垃圾",
        ),
    )
)
_WARNING = re.compile(r"^warning\b|\bdelay(?:ed)?\b|verz[öo]gert|延迟|延遲|遅延", re.IGNORECASE)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.\-:])([45])\d\d(?=[ \-#]\D|\s*[\"'(#]|$)", re.MULTILINE)
_ANSWERED = re.compile(r"(?<!\d)[45]\d\d[ -]([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ADDRESS = re.compile(r"[\w.+=&'/%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ORIGINAL = re.compile(
    r"(?im)^\W{0,12}(?:(?:original |unsent |returned )?message (?:headers? )?follows?"
    r"|below this line"
    r"|.{0,30}copy of (?:the|your) (?:message|mail)|(?:the )?original message"
    r"|received:\s|return-path:"
    r"|(?:-+ ?)?(?:headers|header) of)"
)
_DEAD_STATUS = re.compile(r"5\.1\.(?:[0-6]|10|351)|5\.2\.1|5\.4\.4")


def read_reports(
    root: Part, sender: str, subject: str, text: str, locale: str
) -> tuple[DeliveryReport, ...]:
    """One report for each recipient that a bounce speaks of; () when the mail is no bounce."""
    parts = list(root.walk())
    statuses = [part for part in parts if part.content_type in _STATUS_TYPES]
    if not statuses and not _may_be_bounce(root, sender):
        return ()
    original = _original_headers(parts, text, locale)
    message_id = next(iter(message_ids(original.first("message-id"))), None)
    if message_id is None:
        answered = message_ids(
            root.headers.first("in-reply-to") or root.headers.first("references")
        )
        message_id = answered[-1] if answered else None
    prose = text[:_MAX_PROSE]
    cut = _ORIGINAL.search(prose)
    prose = prose[: cut.start()] if cut and cut.start() > 40 else prose
    found = [
        report for part in statuses for report in _from_fields(part, message_id, prose, locale)
    ]
    if found:
        return tuple(found[:MAX_REPORTS])
    if not _looks_like_bounce(root, sender, subject, prose):
        return ()
    return tuple(_from_prose(root, prose, original, message_id, sender)[:MAX_REPORTS])


def _may_be_bounce(root: Part, sender: str) -> bool:
    """Whether it is worth a closer look; for all other mails that would cost a third of reading."""
    headers = root.headers
    return (
        "x-failed-recipients" in headers
        or root.content_type == "multipart/report"
        or headers.first("return-path").strip() == "<>"
        or headers.first("auto-submitted").lower().startswith("auto-")
        or bool(_DAEMON.match(_local_part(sender)))
        or any(part.content_type == "message/rfc822" for part in root.children)
    )


def _looks_like_bounce(root: Part, sender: str, subject: str, prose: str) -> bool:
    headers = root.headers
    if "x-failed-recipients" in headers:
        return True
    if root.content_type == "multipart/report":
        return root.parameters.get("report-type", "").lower() in ("", "delivery-status")
    local = _local_part(sender)
    from_daemon = bool(_DAEMON.match(local))
    from_nobody = headers.first("return-path").strip() == "<>" or (
        headers.first("auto-submitted").lower().startswith("auto-")
    )
    says_so = bool(_SUBJECT.search(subject))
    carries_mail = any(p.content_type == "message/rfc822" for p in root.children)
    if says_so and (from_daemon or from_nobody or (carries_mail and bool(_NO_REPLY.match(local)))):
        return True
    returns_it = from_nobody and carries_mail
    # Few mails get so far: looking for a reason costs as much as all other reading.
    return (from_daemon or returns_it) and (
        bool(_ENHANCED.search(prose)) or any(r.search(prose) for _, _, r in _REASONS[:6])
    )


def _local_part(sender: str) -> str:
    return (sender.rpartition("@")[0] or sender).rpartition("<")[2].strip("<> ")


def _from_fields(
    part: Part, message_id: str | None, prose: str, locale: str
) -> list[DeliveryReport]:
    """The per-recipient groups of RFC 3464 2.3."""
    data = part.data().replace(b"\r\n", b"\n")
    reports = []
    for group in re.split(rb"\n[ \t]*\n+", data.strip()):
        fields, _ = read_headers(group.strip() + b"\n", locale)
        recipient = _typed(fields.first("original-recipient") or fields.first("final-recipient"))
        final = _typed(fields.first("final-recipient")) or recipient
        if not final and "status" not in fields:
            continue
        diagnostic = decode_words(_typed(fields.first("diagnostic-code")))
        action = fields.first("action").strip().lower()
        if action in ("delivered", "relayed", "expanded"):
            status, hard = _enhanced(fields.first("status")) or "2.0.0", False
        else:
            status, hard = _judge(_enhanced(fields.first("status")), diagnostic, prose)
        address = final if "@" in final else recipient or final
        reports.append(
            DeliveryReport(
                address, status, hard, message_id, diagnostic[:1000], delayed=action == "delayed"
            )
        )
    return reports


def _from_prose(
    root: Part, prose: str, original: Headers, message_id: str | None, sender: str
) -> list[DeliveryReport]:
    named = root.headers.first("x-failed-recipients")
    ours = set(_ADDRESS.findall(original.first("from").lower())) | {sender.lower()}
    ours |= set(_ADDRESS.findall(root.headers.first("to").lower()))
    addresses = _ADDRESS.findall(named) or [
        address for address in _ADDRESS.findall(prose) if address.lower() not in ours
    ]
    addresses = addresses or _ADDRESS.findall(original.first("to"))
    status, hard = _judge(None, prose, "")
    reason = " ".join(prose.split())[:1000]
    # Prose names its recipient first; what follows may be anybody (a help desk, a host's contact).
    unique = list(dict.fromkeys(addresses)) or [""]
    chosen = unique if named else unique[:1]
    delayed = bool(_WARNING.search(root.headers.text("subject")))
    return [
        DeliveryReport(address, status, hard and not delayed, message_id, reason, delayed)
        for address in chosen
    ]


def _judge(status: str | None, diagnostic: str, prose: str) -> tuple[str, bool]:
    """The most specific status there is, and whether the address is dead.

    A code in the diagnostic, which the refusing host wrote, is worth more than the reporting
    host's own. Words say what a general code means for the address, and stand in where there is
    no code at all.
    """
    codes = [code for code in _ENHANCED.findall(diagnostic) if code[0] != "2"]
    answers = _ANSWERED.findall(prose) if not diagnostic else []
    known = [*codes, status or "", *answers]
    specific = [code for code in known if code and not code.endswith(".0.0")]
    words = next(
        ((s, h) for s, h, r in _REASONS if r.search(diagnostic)),
        next(((s, h) for s, h, r in _REASONS if r.search(prose)), None),
    )
    if specific:
        best = specific[0]
        # 5.7.x and the like say "policy"; only words can tell a dead address from a filter.
        hard = bool(_DEAD_STATUS.fullmatch(best)) and not (words and words[0] in _FULL_OR_LARGE)
        return best, hard or bool(words and words[1] and best[0] == "5" and best[2] in "13")
    general = status or next(iter(codes), None)
    if words:  # a general code stays as the host wrote it; what it means for the address is ours
        return general or words[0], words[1] and not (general or "").startswith("4")
    reply = _REPLY_CODE.search(diagnostic) or _REPLY_CODE.search(prose)
    return general or (f"{reply[1]}.0.0" if reply else "5.0.0"), False


_FULL_OR_LARGE = ("5.2.2", "5.3.4")


def _original_headers(parts: list[Part], text: str, locale: str) -> Headers:
    """The header of the mail that came back: as a part, or pasted into the text."""
    for part in parts[1:]:
        if part.content_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            return read_headers(part.data()[:100_000].lstrip(), locale)[0]
    found = re.search(r"(?im)^(?:received|return-path|message-id|from):\s", text)
    pasted = text[found.start() : found.start() + 50_000] if found else ""
    return read_headers(pasted.encode("utf-8", "replace"), locale)[0]


def _enhanced(value: str) -> str | None:
    found = _ENHANCED.search(value)
    return found[1] if found else None


def _typed(value: str) -> str:
    """The value behind "rfc822;" or "smtp;", without angle brackets."""
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon and len(kind) < 30 else value
    return charset.decode(text.encode("utf-8", "replace")).strip().strip("<>").strip()
