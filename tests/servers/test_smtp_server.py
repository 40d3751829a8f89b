"""The SMTP server that tests send to."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.servers.smtp import SmtpServer, running_smtp


def _mail(subject: str = "Hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.org", subject
    mail.set_content("你好\n")
    return mail


def _send(server: SmtpServer, *, timeout_s: float = 5.0) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=timeout_s) as client:
        client.send_message(_mail())


def test_a_mail_is_kept_with_its_envelope(smtp_server: SmtpServer) -> None:
    _send(smtp_server)
    [mail] = smtp_server.wait_for(1)
    assert (mail.mail_from, mail.rcpt_tos) == ("a@example.com", ("b@example.org",))
    assert mail.message["Subject"] == "Hello"
    assert mail.message.get_content().strip() == "你好"


@pytest.mark.parametrize("code", [451, 550])
def test_a_refusal_reaches_the_sender_and_the_mail_is_not_taken(
    smtp_server: SmtpServer, code: int
) -> None:
    smtp_server.answer(f"{code} not now", times=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        _send(smtp_server)
    assert refused.value.smtp_code == code
    assert (len(smtp_server.mails), len(smtp_server.refused)) == (0, 1)
    _send(smtp_server)
    assert len(smtp_server.mails) == 1


def test_a_server_that_hangs_leaves_the_sender_waiting(smtp_server: SmtpServer) -> None:
    smtp_server.answer("hang")
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected), match="timed out"):
        _send(smtp_server, timeout_s=0.3)


def test_a_server_that_drops_has_taken_the_mail_without_saying_so(smtp_server: SmtpServer) -> None:
    smtp_server.answer("drop")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        _send(smtp_server)
    assert len(smtp_server.wait_for(1)) == 1


def test_with_a_password_only_a_login_may_send() -> None:
    with running_smtp(user="desk", password="secret") as server:
        with pytest.raises(smtplib.SMTPSenderRefused):
            _send(server)
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            client.login("desk", "secret")
            client.send_message(_mail())
        assert len(server.mails) == 1
