"""Cuts a reply to what its writer wrote: quoted mail below (or above) and signatures go."""

import re

_MAX_LINES = 5_000

# An attribution line in one language each. They may be wrapped over up to four lines.
_ATTRIBUTIONS = (
    r"on\b.{4,300}\bwrote\s?:?",  # en
    r"(?:at|le)\b.{4,300}\bwrote\s?:",
    r"am\b.{4,300}\bschrieb\b.{0,200}:",  # de
    r"am\b.{4,300}\bhat\b.{4,200}\bgeschrieben\s?:",
    r".{4,200}\bschrieb\b.{0,200}:",
    r"le\b.{4,300}\ba\s[ée]crit\s?:?",  # fr
    r"el\b.{4,300}\bescribi[óo]\s?:?",  # es
    r"il\b.{4,300}\bha\sscritto\s?:?",  # it
    r"(?:em|a|no dia)\b.{4,300}\bescreveu\s?:?",  # pt
    r"op\b.{4,300}\b(?:schreef|heeft)\b.{0,200}:?",  # nl
    r".{4,300}\b(?:napisa[łl](?:\(a\)|a)?|pisze)\s?:",  # pl
    r"wiadomo[śs][ćc]\snapisana\sprzez\b.{4,300}:",
    r"(?:den|d\.)\b.{4,300}\b(?:skrev|skrev\sf[öo]ljande)\b.{0,200}:",  # sv, da, no
    r".{4,200}\bskrev\b.{0,200}:",
    r".{4,300}\bkirjoitti(?:\s\d\d?\.\d\d?\.\d{4}\b.{0,30})?\s?:",  # fi
    r".{4,300}\b(?:написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|а)?|пише)\s?:",  # ru, uk
    r"\d{4}\s?年.{4,300}(?:のメール|[：:])",  # ja
    r"\d{4}/\d\d?/\d\d?\s.{4,300}のメール\s?[：:]",
    r".{2,300}(?:さん)?(?:が|は|は書きました)(?:書きました|wrote)\s?[：:]",
    r"在.{4,300}写道\s?[：:]",  # zh, apple and gmail
    r".{0,300}\d{4}.{2,300}(?:写道|寫道)\s?[：:]?",
    r".{1,200}(?:于|於).{4,100}(?:写道|寫道)\s?[：:]?",
    r"\d{4}-\d\d-\d\d.{0,80}<.{3,200}@.{3,200}>\s?(?:写道|寫道|wrote)?\s?[：:]",
    r"\d{4}[-/]\d\d?[-/]\d\d?\s\d\d?:\d\d\s(?:GMT|UTC)\S{0,6}\s.{1,200}",
    r".{0,200}\d[:.]\d\d.{0,200}<[^<>\s]{1,200}@[^<>\s]{1,200}>\s?[：:]",  # any language
)
_ATTRIBUTION = re.compile(r"^[ \t>*_]*(?:" + "|".join(_ATTRIBUTIONS) + r")[ \t*_]*$", re.IGNORECASE)

# A line without one of these words is none; looking for them first keeps long texts fast.
_CLUES = (
    "wrote", "schrieb", " hat", "crit", "escribi", "scritto", "escreveu", "schreef", "heeft",
    "napisa", "pisze", "skrev", "kirjoitti", "писал", "пише", "gmt", "utc", "のメール",
    "書きました", "写道", "寫道",
)  # fmt: skip
_MAX_ATTRIBUTION = 400

# Rules that mail programs draw above the mail they answer.
_SEPARATOR = re.compile(
    r"(?:"
    r"[-_=* ]{2,80}(?:original\s(?:message|email|mail)|forwarded\smessage|repl(?:y|ied)\smessage"
    r"|urspr[üu]ngliche\snachricht|original-?nachricht|weitergeleitete\snachricht"
    r"|message\sd['’]origine|message\soriginal|message\stransf[ée]r[ée]|mensaje\soriginal"
    r"|messaggio\soriginale|mensagem\soriginal|oorspronkelijk\sbericht|wiadomo[śs][ćc]\soryginalna"
    r"|ursprungligt\smeddelande|oprindelig\smeddelelse|opprinnelig\smelding"
    r"|alkuper[äa]inen\sviesti|исходное\sсообщение|пересылаемое\sсообщение"
    r"|元のメッセージ|original\sメッセージ|原始邮件|原始郵件|原邮件|回复的原邮件|回复的原郵件|转发邮件信息"
    r"|轉寄郵件|邮件原件|原始信息|原文)[-_=* ]*"
    r"|-{3,40}\s?original\s?-{3,40}"
    r"|_{20,}|-{40,}"
    r"|begin\sforwarded\smessage:?"
    r")",
    re.IGNORECASE,
)

# The block of headers that Outlook, Foxmail and others put above the mail they answer.
_FROM_FIELD = re.compile(
    r"^[ \t>*]*(?:from|von|de|da|van|od|fr[åa]n|fra|l[äa]hett[äa]j[äa]|от"
    r"|差出人|送信者|发件人|發件人|寄件者|寄件人)"
    r"\s?\*?\s?[：:]\s?\*?\s?\S",
    re.IGNORECASE,
)
_OTHER_FIELD = re.compile(
    r"^[ \t>*]*(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoy[ée]|[àa]|objet"
    r"|enviado(?: el| em)?"
    r"|para|asunto|fecha|assunto|data|inviato|oggetto|verzonden|aan|onderwerp|wys[łl]ano|do|temat"
    r"|skickat|till|[äa]mne|sendt|til|emne|l[äa]hetetty|vastaanottaja|aihe|отправлено|дата|кому|тема"
    r"|送信日時|日時|宛先|件名|发送时间|发送日期|日期|时间|收件人|抄\s?送|主\s?题|日\s?期|發送時間|傳送時間|寄件日期|收件者|主旨|主題)"
    r"\s?\*?\s?[：:]",
    re.IGNORECASE,
)

_SIGNATURE_RULE = re.compile(r"(?:--|—|–)\s*|_{3,80}\s*")
_RULE = re.compile(r"[\s>]*[-_=*]{3,200}\s*")
_SIGNED = re.compile(r"[-–—]\s?[^\W\d_][\w.'-]{1,30}(?: [\w.'-]{1,30}){0,2}\s*")
_SENT_FROM = re.compile(
    r"^\W{0,3}(?:"
    r"sent (?:from|via|with|using) (?:my|the|a|an|mail|outlook|yahoo|proton|gmail|samsung)\b"
    r"|get outlook for\b|sent from \w+( mobile| mail)?$|sent using\b"
    r"|(?:von meinem|gesendet (?:von|mit|über))\b|diese nachricht wurde von mein"
    r"|envoy[ée] (?:de(?:puis)?|avec|par)\b|enviado (?:desde|do meu|de meu|a partir)\b"
    r"|inviato (?:da|dal|con)\b|verzonden (?:vanaf|met|via)\b|verstuurd vanaf\b"
    r"|wys[łl]ane? z\b|skickat fr[åa]n\b|sendt fra\b|l[äa]hetetty \w+st[aä]\b"
    r"|отправлено (?:с|из|от)\b|iphone(?:から|より)送信|.{2,20}から送信$"
    r"|(?:发自|發自|来自|傳送自|寄自|從我的|从我的|发送自)\s?"
    r"(?:我的|我|iphone|ipad|华为|小米|qq|网易|outlook|foxmail|.{1,20}(?:手机|邮箱))"
    r"|(?:获取|取得|下载)\s?outlook\b|从\s?.{1,12}(?:发送|获取)|由\s?.{1,20}(?:手机|邮箱).{0,6}发送"
    r")",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s?(?:>|\|\s|&gt;)")
_CELL = re.compile(r"\|[\s|]*")  # what is left of the table that NetEase draws a signature in
_NETEASE = re.compile(r"签名由\s?网易邮箱大师\s?定制")
_QQ_ENTITIES = "---&nbsp;"  # QQ Mail leaves entities in its plain text


def trim(text: str, *, keep_signature: bool = False) -> str:
    """The new text of a reply. When nothing new is found, all of it: better too much than none."""
    if _QQ_ENTITIES in text:
        text = text.replace("&nbsp;", " ").replace("&gt;", ">")
    lines = text.replace("\r\n", "\n").split("\n")[:_MAX_LINES]
    kept = _without_quotes(lines)
    if not keep_signature:
        kept = _without_signature(kept)
    return "\n".join(kept).strip() or text.strip()


def _without_quotes(lines: list[str]) -> list[str]:
    """Cut at the first sign of the answered mail; go on behind it when it was quoted with ">"."""
    kept: list[str] = []
    index, is_announced = 0, False
    while index < len(lines):
        index += _netease_signature_at(lines, index)
        span = _attribution_at(lines, index)
        if span:
            is_announced = True
            after = _skip_blank(lines, index + span)
            if after < len(lines) and _QUOTED.match(lines[after]):
                index = _skip_quote(lines, after)
                continue
            if any(line.strip() for line in kept):
                return kept
            index += span  # the answer stands below the attribution
            continue
        if _is_separator(lines[index]) and _ends_here(lines, index):
            return kept
        if _is_header_block(lines, index):
            return kept
        if _QUOTED.match(lines[index]):
            after = _skip_quote(lines, index)
            if not is_announced and _is_own_quote(lines, index, after):
                kept += lines[index:after]
            index = after
            continue
        kept.append(lines[index])
        index += 1
    return kept


def _attribution_at(lines: list[str], index: int) -> int:
    """How many lines the attribution that begins here takes; 0 when none begins."""
    if not lines[index].strip():
        return 0
    joined = ""
    for span in range(1, 5):
        if index + span > len(lines) or not lines[index + span - 1].strip():
            return 0
        line = lines[index + span - 1].strip()
        if len(joined) + len(line) > _MAX_ATTRIBUTION:
            return 0
        joined = f"{joined} {line.lstrip('> ')}".strip()
        if _has_clue(line) and re.search(r"[\d@]", joined) and _ATTRIBUTION.match(joined):
            return span
    return 0


def _netease_signature_at(lines: list[str], index: int) -> int:
    """How many lines the signature that begins here takes; 0 when none begins."""
    if not _CELL.fullmatch(lines[index].strip()[:80]):
        return 0
    last = min(index + 15, len(lines) - 1)
    ends = (at for at in range(index, last) if _NETEASE.search(lines[at]))
    return next(ends, index - 1) + 1 - index


def _has_clue(line: str) -> bool:
    lowered = f" {line.lower()}"
    return line.endswith((":", "：")) or any(clue in lowered for clue in _CLUES)


def _is_separator(line: str) -> bool:
    line = line.strip(" \t>")
    return len(line) <= 200 and _SEPARATOR.fullmatch(line) is not None


def _ends_here(lines: list[str], index: int) -> bool:
    """A named separator always ends the reply; a bare rule only above a header block."""
    if re.search(r"\w", lines[index].replace("_", "")):
        return True
    after = _skip_blank(lines, index + 1)
    return after < len(lines) and _is_header_block(lines, after)


def _is_header_block(lines: list[str], index: int) -> bool:
    """From: followed within the next lines by two more fields of a mail."""
    if not _FROM_FIELD.match(lines[index]):
        return False
    return sum(1 for line in lines[index + 1 : index + 9] if _OTHER_FIELD.match(line)) >= 2


def _is_own_quote(lines: list[str], start: int, end: int) -> bool:
    """Whether the writer quotes something of their own, an error message say: a sentence that ends
    in a colon leads to it, and text follows. What mail programs quote they announce."""
    before = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    follows = any(line.strip() for line in lines[end:])
    return follows and before.endswith((":", "："))


def _skip_blank(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _skip_quote(lines: list[str], index: int) -> int:
    """Past the quoted block, over blank lines between quoted ones."""
    while index < len(lines):
        if _QUOTED.match(lines[index]):
            index += 1
            continue
        after = _skip_blank(lines, index)
        if after > index and after < len(lines) and _QUOTED.match(lines[after]):
            index = after
            continue
        return index
    return index


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at a signature's rule or at the line that a device adds, and a bare "-Jane" above it."""
    has_text = False
    for index, line in enumerate(lines):
        short = line[:300]
        is_rule = has_text and _SIGNATURE_RULE.fullmatch(short)
        if is_rule and (not line.startswith("_") or len(lines) - index <= 12):
            return _without_name(_without_end_rule(lines[:index]))
        if _SENT_FROM.match(short.strip()):
            rest = [other for other in lines[index + 1 :] if other.strip()]
            if len(rest) <= 3:
                return _without_name(_without_end_rule(lines[:index]))
        has_text = has_text or bool(line.strip())
    return _without_name(_without_end_rule(lines))


def _without_end_rule(lines: list[str]) -> list[str]:
    """A line drawn under the answer belongs to what was cut below it."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1][:300])):
        end -= 1
    return lines[:end]


def _without_name(lines: list[str]) -> list[str]:
    """ "-Jane" alone under a text is a signature; under another such line it is a list."""
    said = [line for line in lines if line.strip()]
    is_signed = len(said) > 1 and _SIGNED.fullmatch(said[-1][:200])
    if is_signed and not said[-2].lstrip().startswith(("-", "–", "—")):
        return lines[: max(i for i, line in enumerate(lines) if line.strip())]
    return lines
