"""Domains where anybody can have an address, so that the domain says nothing of its people."""

_NAMES = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com aol.com "
    "icloud.com me.com mac.com proton.me protonmail.com gmx.de gmx.net gmx.com web.de t-online.de "
    "mail.com mail.ru yandex.ru yandex.com orange.fr free.fr laposte.net wanadoo.fr libero.it "
    "qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com aliyun.com 139.com 189.cn "
    "yahoo.co.jp naver.com comcast.net btinternet.com ziggo.nl kpnmail.nl wp.pl o2.pl onet.pl "
    "seznam.cz"
)
SHARED_DOMAINS = frozenset(_NAMES.split())
