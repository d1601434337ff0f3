"""What carries messages out: a gateway that checks the signature, a mail server with TLS, and what they answer."""
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from casework import settings
from casework.notifications import senders
from casework.notifications.rules import Via
from casework.notifications.senders import HttpSmsSender, LogSender, NotTakenError, SmtpSender
from casework.settings import Settings
from tests.servers import KEY, SECRET, certificate, gateway, mail_server

PHONE, TEXT = "13812345678", "您反映的“井盖不见了”已立案，案件编号AJ1。"


def refused(sender: HttpSmsSender | SmtpSender, to: str = PHONE) -> tuple[str, bool]:
    with pytest.raises(NotTakenError) as told:
        sender.send(to, TEXT, "key-1")
    return str(told.value), told.value.final


class TestSms:
    def test_it_is_signed_and_sent_again_under_the_same_key(self) -> None:
        with gateway() as city:
            sender = HttpSmsSender(city.url, KEY, SECRET)
            for _ in range(2):
                sender.send(PHONE, TEXT, "key-1")
        assert city.taken == [{"id": "key-1", "phone": PHONE, "text": TEXT}] * 2
        assert city.forged == []

    def test_another_secret_is_refused_for_good(self) -> None:
        with gateway() as city:
            assert refused(HttpSmsSender(city.url, KEY, "another")) == ("HTTP 401", True)
        assert city.taken == []

    @pytest.mark.parametrize(("status", "final"), [
        (400, True), (403, True), (404, True), (422, True), (302, True), (408, False), (425, False), (429, False),
        (500, False), (503, False)])
    def test_what_it_answers_says_whether_to_try_again(self, status: int, final: bool) -> None:
        with gateway(status) as city:
            assert refused(HttpSmsSender(city.url, KEY, SECRET)) == (f"HTTP {status}", final)

    def test_silence_and_absence_are_tried_again_and_nothing_of_the_message_is_told(self) -> None:
        with gateway("hang") as city:
            silent = refused(HttpSmsSender(city.url, KEY, SECRET, seconds=0.2))
        absent = refused(HttpSmsSender(city.url, KEY, SECRET))
        assert (silent, absent) == (("ReadTimeout", False), ("ConnectError", False))

    @pytest.mark.parametrize(("answer", "away"), [("hang", True), (503, False), (403, False)])
    def test_silence_says_that_nobody_is_there_and_a_refusal_does_not(self, answer: str | int, away: bool) -> None:
        with gateway(answer) as city, pytest.raises(NotTakenError) as told:
            HttpSmsSender(city.url, KEY, SECRET, seconds=0.2).send(PHONE, TEXT, "k")
        assert told.value.away is away


class TestMail:
    @pytest.fixture
    def trusted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        made = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        return made

    def test_by_starttls_with_a_password_and_an_id_of_its_own(self, trusted: Path) -> None:
        with mail_server(trusted) as post:
            sender = SmtpSender(f"smtp://zhi%40wang:p%3Aw@127.0.0.1:{post.port}?from=news@city.example")
            for _ in range(2):
                sender.send("li@city.example", TEXT, "key-1")
        (mail, again) = post.mails
        assert mail["Message-ID"] == again["Message-ID"] == "<key-1@city.example>"
        assert (mail["From"], mail["To"]) == ("news@city.example", "li@city.example")
        assert mail["Subject"] == "您反映的“井盖不见了”已立案，案件编号AJ1"
        assert mail.get_content().strip() == TEXT
        assert (post.encrypted, post.logins) == ([True] * 2, [("zhi@wang", "p:w")] * 2)

    def test_by_tls_from_the_start(self, trusted: Path) -> None:
        with mail_server(trusted, at_once=True) as post:
            SmtpSender(f"smtps://127.0.0.1:{post.port}?from=news@city.example").send("li@city.example", TEXT, "k")
        assert post.encrypted == [True]

    @pytest.mark.parametrize("at_once", [False, True])
    def test_a_certificate_that_nobody_vouches_for_gets_nothing(self, tmp_path: Path, at_once: bool) -> None:
        with mail_server(certificate(tmp_path), at_once=at_once) as post:
            scheme = "smtps" if at_once else "smtp"
            fault = refused(SmtpSender(f"{scheme}://u:p@127.0.0.1:{post.port}?from=news@city.example"), "li@city.example")
        assert fault == ("SSLCertVerificationError", False)
        assert (post.mails, post.logins) == ([], [])

    def test_in_clear_only_to_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mail_server() as post:
            SmtpSender(f"smtp://127.0.0.1:{post.port}?from=news@city.example").send("li@city.example", TEXT, "k")
            assert post.encrypted == [False]
            monkeypatch.setattr(senders, "HERE", frozenset())
            fault = refused(SmtpSender(f"smtp://u:p@127.0.0.1:{post.port}?from=news@city.example"), "li@city.example")
        assert fault == ("SMTPNotSupportedError", False)  # the server's fault, and not this mail's
        assert (len(post.mails), post.logins) == (1, [])

    @pytest.mark.parametrize(("code", "final"), [(550, True), (450, False)])
    def test_an_address_that_is_not_known_is_final_a_full_box_is_not(self, code: int, final: bool) -> None:
        with mail_server(refuses=code) as post:
            url = f"smtp://127.0.0.1:{post.port}?from=news@city.example"
            assert refused(SmtpSender(url), "li@city.example") == (f"SMTP {code}", final)
        absent = refused(SmtpSender(url), "li@city.example")
        assert absent == ("ConnectionRefusedError", False)

    def test_a_wrong_password_is_no_mails_fault(self) -> None:
        with mail_server(password="another") as post, pytest.raises(NotTakenError) as told:
            SmtpSender(f"smtp://u:p@127.0.0.1:{post.port}?from=news@city.example").send("li@city.example", TEXT, "k")
        assert (str(told.value), told.value.final, told.value.away) == ("SMTP 535", False, True)

    @pytest.mark.parametrize("goodbye", ["221 bye", "421 too late", "500 what", ""])
    def test_what_was_taken_is_taken_however_the_server_says_goodbye(self, goodbye: str) -> None:
        with mail_server(goodbye=goodbye) as post:
            SmtpSender(f"smtp://127.0.0.1:{post.port}?from=news@city.example", seconds=2).send("li@city.example", TEXT, "k")
        assert len(post.mails) == 1

    def test_no_header_can_be_smuggled_in(self) -> None:
        with mail_server() as post:
            sender = SmtpSender(f"smtp://127.0.0.1:{post.port}?from=news@city.example")
            sender.send("li@city.example", "标题\r\nBcc: all@city.example\r\n\r\n正文", "k")
        assert post.mails[0]["Bcc"] is None


def test_without_settings_nothing_leaves_the_house(config: Settings) -> None:
    (only,) = senders.carriers().items()
    assert only[0] is Via.SMS
    assert isinstance(only[1], LogSender)


def test_with_settings_both_do(config: Settings) -> None:
    settings.configure(replace(config, sms="http", sms_url="http://127.0.0.1:1/", sms_key="k", sms_secret="s",
                               smtp_url="smtp://127.0.0.1?from=a@b.example"))
    made = senders.carriers()
    assert isinstance(made[Via.SMS], HttpSmsSender)
    assert isinstance(made[Via.MAIL], SmtpSender)
    assert made[Via.SMS] is senders.carriers()[Via.SMS]  # its connection is kept open


def test_the_log_shows_neither_phone_nor_words() -> None:
    with capture_logs() as lines:
        LogSender().send(PHONE, TEXT, "k")
    assert PHONE not in str(lines)
    assert "井盖" not in str(lines)


@pytest.mark.parametrize(("text", "subject"), [
    ("一句。两句。", "一句"), ("one. two", "one"), ("没有句号", "没有句号"), ("a\r\nb", "a b"), ("长" * 100, "长" * 59 + "…")])
def test_the_subject_is_the_first_sentence(text: str, subject: str) -> None:
    assert senders.subject_of(text) == subject
