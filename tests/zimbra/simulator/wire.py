"""The smallest client that can speak to the simulator: raw envelopes over one kept-alive connection."""

from __future__ import annotations

import http.client
import json
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

ADMIN = ("admin@ac-reunion.fr", "secret-admin")
PASSWORD = "motdepasse"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
NAMESPACES = {
    "account": "urn:zimbraAccount",
    "mail": "urn:zimbraMail",
    "admin": "urn:zimbraAdmin",
    "batch": "urn:zimbra",
}


class Fault(Exception):
    def __init__(self, code: str, text: str, side: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.side = code, text, side


def local(node: Any) -> str:
    return etree.QName(node).localname


def bare(data: bytes) -> Any:
    """The document without namespaces, for short paths."""
    root = etree.fromstring(data)
    for node in root.iter():
        node.tag = local(node)
    return root


class Wire:
    """One client. `soap` and `json` return the response element and raise Fault."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = ""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def send(
        self, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        data = body.encode() if isinstance(body, str) else body
        try:
            self.connection.request(method, path, data, headers or {})
            answer = self.connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def envelope(self, body: str, context: str = "") -> str:
        token = f"<authToken>{escape(self.token)}</authToken>" if self.token else ""
        return (
            f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header><context xmlns="urn:zimbra">{token}{context}</context>'
            f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
        )

    def soap(self, body: str, *, path: str = "/service/soap", context: str = "") -> Any:
        status, _, data = self.send("POST", path, self.envelope(body, context), {"Content-Type": "text/xml"})
        root = bare(data)
        found = root.find("Body")[0]
        if found.tag == "Fault":
            assert status == 500
            raise fault_of(found)
        assert status == 200
        return found

    def mail(self, body: str, **more: Any) -> Any:
        return self.soap(body.replace("Request", 'Request xmlns="urn:zimbraMail"', 1), **more)

    def admin(self, body: str) -> Any:
        document = body.replace("Request", 'Request xmlns="urn:zimbraAdmin"', 1)
        return self.soap(document, path="/service/admin/soap")

    def json(self, name: str, ns: str, value: dict[str, Any], *, path: str = "/service/soap") -> dict[str, Any]:
        envelope = {
            "Header": {"context": {"_jsns": "urn:zimbra", "authToken": self.token}},
            "Body": {name: {"_jsns": ns, **value}},
            "_jsns": "urn:zimbraSoap",
        }
        status, _, data = self.send("POST", path, json.dumps(envelope))
        body = json.loads(data)["Body"]
        if "Fault" in body:
            assert status == 500
            fault = body["Fault"]
            raise Fault(fault["Detail"]["Error"]["Code"], fault["Reason"]["Text"], fault["Code"]["Value"])
        assert status == 200
        return body[name.replace("Request", "Response")]

    def sign_in(self, address: str, password: str = PASSWORD) -> Wire:
        self.token = ""
        answer = self.soap(
            f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{escape(address)}</account>'
            f"<password>{escape(password)}</password></AuthRequest>"
        )
        self.token = answer.findtext("authToken")
        return self

    def sign_in_admin(self) -> Wire:
        self.token = ""
        answer = self.admin(f"<AuthRequest><name>{ADMIN[0]}</name><password>{ADMIN[1]}</password></AuthRequest>")
        self.token = answer.findtext("authToken")
        return self

    def create_account(self, address: str, password: str = PASSWORD, **attrs: str) -> str:
        listed = "".join(f'<a n="{name}">{escape(value)}</a>' for name, value in attrs.items())
        answer = self.admin(
            f"<CreateAccountRequest><name>{address}</name><password>{password}</password>{listed}</CreateAccountRequest>"
        )
        return answer.find("account").get("id")

    def modify_account(self, address: str, **attrs: str) -> None:
        found = self.admin(f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>')
        listed = "".join(f'<a n="{name}">{escape(value)}</a>' for name, value in attrs.items())
        self.admin(f"<ModifyAccountRequest><id>{found.find('account').get('id')}</id>{listed}</ModifyAccountRequest>")

    def contact(self, *, folder: str = "7", **attrs: str) -> str:
        return self.mail(create_contact(folder=folder, **attrs)).find("cn").get("id")

    def import_ics(self, text: str, folder: str = "10") -> list[str]:
        """The ids of ImportAppointments, "item-invite" each."""
        answer = self.mail(import_appointments(text, folder)).find("appt")
        return [one for one in answer.get("ids").split(",") if one]

    def faults(self, wanted: dict[str, Any] | None) -> dict[str, Any]:
        if wanted is None:
            _, _, data = self.send("DELETE", "/simulator/faults")
        else:
            _, _, data = self.send("POST", "/simulator/faults", json.dumps(wanted))
        return json.loads(data)


def fault_of(found: Any) -> Fault:
    return Fault(found.findtext("Detail/Error/Code"), found.findtext("Reason/Text"), found.findtext("Code/Value"))


def create_contact(*, folder: str = "7", **attrs: str) -> str:
    listed = "".join(f'<a n="{name}">{escape(value)}</a>' for name, value in attrs.items())
    return f'<CreateContactRequest><cn l="{folder}">{listed}</cn></CreateContactRequest>'


def import_appointments(text: str, folder: str = "10") -> str:
    return (
        f'<ImportAppointmentsRequest ct="text/calendar" l="{folder}"><content>{escape(text)}</content>'
        "</ImportAppointmentsRequest>"
    )


def calendar(*components: str, head: str = "VERSION:2.0\nPRODID:-//test//FR") -> str:
    return "\n".join(["BEGIN:VCALENDAR", head, *components, "END:VCALENDAR", ""])


def event(uid: str, *lines: str, start: str = "DTSTART:20260901T060000Z", end: str = "DTEND:20260901T070000Z") -> str:
    listed = [f"UID:{uid}" if uid else "", "DTSTAMP:20260101T000000Z", start, end, *lines]
    return "\n".join(["BEGIN:VEVENT", *(line for line in listed if line), "END:VEVENT"])
