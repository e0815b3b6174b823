from __future__ import annotations

from typing import Any

from tests.each import each
from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import Wire


def _part(kind: str, text: str, name: str = "") -> str:
    more = f"Content-Disposition: attachment; filename={name}\n" if name else ""
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: 8bit\n{more}\n{text}\n"


def _frame(boundary: str, *parts: str) -> str:
    return "".join(f"--{boundary}\n{part}" for part in parts) + f"--{boundary}--\n"


LETTER = (
    "From: Anne <anne@ecole.example>\nSubject: Été\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=x\n\n"
    + _frame(
        "x",
        "Content-Type: multipart/alternative; boundary=y\n\n"
        + _frame("y", _part("text/plain; charset=utf-8", "Bonne été"), _part("text/html", "<p>Bon</p>")),
        _part("application/pdf", "PDF", "a.pdf"),
        _part("image/png", "PNG", "b.png"),
    )
)


def _add(wire: Wire, content: str = LETTER, **attrs: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in {"l": "2", **attrs}.items())
    body = f"<AddMsgRequest><m{given}><content><![CDATA[{content}]]></content></m></AddMsgRequest>"
    return str(wire.mail(body).find("m").get("id"))


def _strip(wire: Wire, message: str, part: str) -> Any:
    return wire.mail(f'<RemoveAttachmentsRequest><m id="{message}" part="{part}"/></RemoveAttachmentsRequest>').find(
        "m"
    )


def _kinds(message: Any) -> list[str]:
    return [one.get("ct") for one in message.iter("mp") if not one.get("ct").startswith("multipart/")]


def test_message_without_its_files_takes_the_place_of_the_one_with_them(agent: Wire) -> None:
    tag = agent.mail('<CreateTagRequest><tag name="suivi"/></CreateTagRequest>').find("tag").get("id")
    old = _add(agent, f="fu", d="1700000000000", t=tag)
    made = _strip(agent, old, "3,2")
    assert made.get("id") != old
    assert _kinds(made) == ["text/plain", "text/html"]
    found = agent.mail(f'<GetMsgRequest><m id="{made.get("id")}"/></GetMsgRequest>').find("m")
    assert (found.get("f"), found.get("d"), found.get("l"), found.get("t")) == ("fu", "1700000000000", "2", tag)
    assert found.findtext("su") == "Été"
    assert [one.text for one in found.iter("content")] == ["Bonne été"]
    with refused("mail.NO_SUCH_MSG"):
        agent.mail(f'<GetMsgRequest><m id="{old}"/></GetMsgRequest>')


def test_one_file_of_several_is_taken_away(agent: Wire) -> None:
    made = _strip(agent, _add(agent), "2")
    assert _kinds(made) == ["text/plain", "text/html", "image/png"]
    assert "a" in made.get("f")
    assert _kinds(_strip(agent, made.get("id"), "1.2")) == ["text/plain", "image/png"]


def test_draft_without_its_file_is_the_same_draft(agent: Wire) -> None:
    draft = _add(agent, l="6", f="ds")
    made = _strip(agent, draft, "2,3")
    assert (made.get("id"), _kinds(made)) == (draft, ["text/plain", "text/html"])


def test_message_of_one_part_is_emptied(agent: Wire) -> None:
    made = _strip(agent, _add(agent, "Subject: seul\nContent-Type: application/pdf\n\nPDF"), "1")
    assert (made.findtext("su"), _kinds(made)) == ("seul", ["text/plain"])


@each(
    ("part", "code"),
    [
        ("4", "mail.NO_SUCH_PART"), ("1.3", "mail.NO_SUCH_PART"), ("2.1", "mail.NO_SUCH_PART"),
        ("0", "mail.NO_SUCH_PART"), ("2,9", "mail.NO_SUCH_PART"), ("1.TEXT", "mail.NO_SUCH_PART"),
        ("1.", "service.INVALID_REQUEST"), ("9" * 5000, "service.INVALID_REQUEST"), ("un", "service.INVALID_REQUEST"),
    ],
)  # fmt: skip
def test_part_that_is_not_there_is_refused_and_the_message_stays(agent: Wire, part: str, code: str) -> None:
    message = _add(agent)
    with refused(code):
        _strip(agent, message, part)
    assert len(_kinds(agent.mail(f'<GetMsgRequest><m id="{message}"/></GetMsgRequest>').find("m"))) == 4


def test_text_stands_for_all_that_is_in_a_message(agent: Wire) -> None:
    made = _strip(agent, _add(agent), "TEXT,2")
    assert (made.findtext("su"), _kinds(made)) == ("Été", ["text/plain"])


def test_no_part_at_all_leaves_all_of_them(agent: Wire) -> None:
    assert len(_kinds(_strip(agent, _add(agent), ""))) == 4


def test_sealed_message_is_not_touched(agent: Wire) -> None:
    message = _add(agent, "Subject: scellé\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nMIIB")
    with refused("service.OPERATION_DENIED"):
        _strip(agent, message, "1")


def test_message_stays_in_its_conversation_when_it_has_one(agent: Wire) -> None:
    def conversation(message: str) -> str:
        return str(agent.mail(f'<GetMsgRequest><m id="{message}"/></GetMsgRequest>').find("m").get("cid"))

    alone = _strip(agent, _add(agent), "2")
    assert alone.get("cid") == f"-{alone.get('id')}"
    first = _add(agent, LETTER.replace("Été", "Fil").replace("MIME", "Message-ID: <fil@x>\nMIME", 1))
    second = _add(agent, "Subject: Re: Fil\nIn-Reply-To: <fil@x>\n\nOui")
    assert conversation(first) == conversation(second)
    assert _strip(agent, first, "2").get("cid") == conversation(second)


def test_reader_of_a_shared_folder_takes_nothing_away(owner: Person, member: Person) -> None:
    message = _add(owner.wire)
    owner.grant("2", member.address, "r")
    with refused("service.PERM_DENIED"):
        _strip(member.wire, f"{owner.id}:{message}", "2")
    owner.grant("2", member.address, "rwid")
    assert _strip(member.wire, f"{owner.id}:{message}", "2").get("id").startswith(f"{owner.id}:")


def test_message_of_thousands_of_frames_is_left_alone(agent: Wire) -> None:
    frames = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000))
    message = _add(agent, f"Subject: poupées\n{frames}")
    with refused("service.INVALID_REQUEST"):
        _strip(agent, message, "1")
