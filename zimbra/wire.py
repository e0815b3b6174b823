"""One SOAP request over a transport: where HTTP's view of an answer and SOAP's are put together."""

from __future__ import annotations

from collections.abc import Callable

from zimbra import soap
from zimbra.errors import Garbled, NotAllowed, NotFound, Refused, Unavailable, ZimbraError
from zimbra.transport import HttpRequest, HttpResponse, Transport, no_answer

SOAP_HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8"}


def post(
    transport: Transport,
    url: str,
    request: soap.Request,
    *,
    token: str = "",
    repeatable: bool = False,
    sent: Callable[[], None] | None = None,
) -> soap.Element:
    """Send one request and return its response element.

    repeatable: the request changes nothing, or changes the same again. sent: see `HttpRequest`. Raises any
    `ZimbraError`.
    """
    posted = HttpRequest("POST", url, SOAP_HEADERS, soap.envelope(request, token=token), repeatable, sent)
    response = transport.send(posted)
    if response.status >= 400 and not soap.looks_like_soap(response.body):
        raise _no_service(posted, response)
    try:
        return soap.answer(response.body, request.answer_name)
    except Garbled as error:
        if response.status >= 400:
            raise _no_service(posted, response) from error
        raise


def _no_service(posted: HttpRequest, response: HttpResponse) -> ZimbraError:
    """What stands in the place of an answer in SOAP: somebody else's word, which says nothing of items or folders."""
    if response.status == 404:
        # A wrong address, or a server that is just starting. As NotFound it would be taken for a thing that is gone.
        return Unavailable("http.404")
    return http_error(posted, response)


def http_error(sent: HttpRequest, response: HttpResponse) -> ZimbraError:
    """What an HTTP status without a SOAP fault means."""
    code = f"http.{response.status}"
    if response.status in {401, 403}:
        return NotAllowed(code)
    if response.status == 404:
        return NotFound(code)
    if response.status >= 500:
        return no_answer(sent, code)
    return Refused(code)
