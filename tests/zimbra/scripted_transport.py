"""A transport that answers in the test's own words, under the real SOAP layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zimbra import soap
from zimbra.errors import ZimbraError
from zimbra.transport import HttpRequest, HttpResponse, HttpStream

Handler = Callable[[soap.Element], str | ZimbraError]


def fault(code: str, request_id: str | None = None) -> str:
    numbered = f' requestId="{request_id}"' if request_id is not None else ""
    return (
        f'<soap:Fault xmlns:soap="{soap.ENVELOPE}"{numbered}><soap:Reason><soap:Text>why</soap:Text></soap:Reason>'
        f'<soap:Detail><Error xmlns="urn:zimbra"><Code>{code}</Code></Error></soap:Detail></soap:Fault>'
    )


def answer_batch(batch: soap.Element, each: Callable[[soap.Element], str]) -> str:
    return f'<BatchResponse xmlns="urn:zimbra">{"".join(each(child) for child in batch)}</BatchResponse>'


class ScriptedTransport:
    """handler gets each request element and gives the body of the answer, or the error to raise.

    requests: what was sent; tokens: under which token; sign_ins: how many AuthRequests were answered ("token-1", ...).
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[soap.Element] = []
        self.sent: list[HttpRequest] = []
        self.tokens: list[str] = []
        self.sign_ins = 0
        self.lifetime = 3_600_000
        self.closed = False

    def send(self, request: HttpRequest) -> HttpResponse:
        root = soap.parse(request.body)
        header, body = root
        element = body[0]
        if soap.local_name(element) == "AuthRequest":
            self.sign_ins += 1
            got: str | ZimbraError = (
                f'<AuthResponse xmlns="urn:zimbraAccount"><authToken>token-{self.sign_ins}</authToken>'
                f"<lifetime>{self.lifetime}</lifetime></AuthResponse>"
            )
        else:
            self.requests.append(element)
            self.sent.append(request)
            self.tokens.append(soap.child_text(header[0], "authToken"))
            got = self.handler(element)
        if isinstance(got, ZimbraError):
            raise got
        status = 500 if got.startswith("<soap:Fault") else 200
        content = f'<soap:Envelope xmlns:soap="{soap.ENVELOPE}"><soap:Body>{got}</soap:Body></soap:Envelope>'
        return HttpResponse(status, {}, content.encode())

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[HttpStream]:
        raise AssertionError("no file was expected to travel")
        yield

    def close(self) -> None:
        self.closed = True
