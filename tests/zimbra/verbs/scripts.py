"""A client whose server says what a test has written down, request by request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch, fault
from zimbra import soap
from zimbra.client import ZimbraClient

_OWN = re.compile(r'\[(\w+)="?([^"\]]*)"?\]')

Answers = Mapping[str, str | list[str]]


class Scripted(ScriptedTransport):
    """answers: what is in the answer to each request, by its name without "Request"; `refused("code")` is a fault.

    "[more=1]..." puts an attribute on the answer's own element. A list holds the answers to one request after
    another, the last of them for good.
    """

    def __init__(self, answers: Answers) -> None:
        super().__init__(self._answer)
        self._answers = {name: [one] if isinstance(one, str) else list(one) for name, one in answers.items()}

    def _answer(self, request: soap.Element) -> str:
        if soap.local_name(request) == "BatchRequest":
            return answer_batch(request, self._answer)
        name = soap.local_name(request).removesuffix("Request")
        left = self._answers[name]
        content = left.pop(0) if len(left) > 1 else left[0]
        number = request.get("requestId")
        if content.startswith("!"):
            return fault(content[1:], number)
        own = f' requestId="{number}"' if number is not None else ""
        if found := _OWN.match(content):
            own += f' {found[1]}="{found[2]}"'
        return f"<{name}Response{own}>{content[found.end() if found else 0 :]}</{name}Response>"

    def asked(self, name: str) -> list[str]:
        """What was inside each request of this name, in canonical XML without namespaces, batches opened."""
        opened = [
            one
            for request in self.requests
            for one in (request if soap.local_name(request) == "BatchRequest" else [request])
        ]
        return [_inner(one) for one in opened if soap.local_name(one) == f"{name}Request"]


def refused(code: str) -> str:
    return f"!{code}"


def scripted(answers: Answers) -> tuple[ZimbraClient, Scripted]:
    transport = Scripted(answers)
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport), transport


def _inner(request: soap.Element) -> str:
    parts = [etree.tostring(child, encoding="unicode", with_tail=False) for child in request]
    own = " ".join(f'{name}="{value}"' for name, value in request.attrib.items() if name != "requestId")
    text = "".join(parts).replace(f' xmlns="{etree.QName(request).namespace}"', "")
    text = text.replace(f' xmlns:soap="{soap.ENVELOPE}"', "")
    return f"[{own}]{text}" if own else text
