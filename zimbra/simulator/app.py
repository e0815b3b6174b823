"""The WSGI application: which path is answered by what, and the trouble switched on by a test."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from waitress.channel import ClientDisconnected

from zimbra.simulator import soap
from zimbra.simulator.busytimes import published
from zimbra.simulator.call import Service
from zimbra.simulator.disturbances import BadDisturbance
from zimbra.simulator.http import Environ, Request, Response, json_response, text_response
from zimbra.simulator.pages.home import home_page
from zimbra.simulator.pages.mailbox import mailbox_page
from zimbra.simulator.rest import home
from zimbra.simulator.uploads import upload

log = logging.getLogger("zimbra.simulator")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Application:
    """One simulated server; `service` is what all its threads share."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        mode = ""
        if request.path == "/" or request.path.startswith(("/simulator/", "/mailbox/")):
            response = self._for_people(request)
        else:
            mode = self.service.disturbances.request_arrived()
            if mode == "down":
                # The server closes the connection without a word when an application says this.
                raise ClientDisconnected
            response = text_response(503, "Service Unavailable") if mode == "503" else self._route(request)
            if mode == "lost":
                raise ClientDisconnected
        headers = [("Content-Type", response.content_type), ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers + response.headers)
        return [] if request.method == "HEAD" else [response.body]

    def _route(self, request: Request) -> Response:
        path = request.path
        for prefix, admin in (("/service/admin/soap", True), ("/service/soap", False)):
            if path == prefix or path.startswith(prefix + "/"):
                return self._soap(request, admin)
        for prefix in ("/home/", "/service/home/"):
            if path.startswith(prefix):
                return home(self.service, request, path.removeprefix(prefix))
        if path == "/service/pubcal/freebusy.ifb":
            return published(self.service, request)
        if path == "/service/upload":
            return upload(self.service, request)
        return text_response(404, "Not Found")

    def _soap(self, request: Request, admin: bool) -> Response:
        if request.method != "POST":
            return text_response(405, "Method Not Allowed")
        if request.content_length > soap.MAX_BODY:
            answer = soap.too_large()
        else:
            token = request.cookie("ZM_ADMIN_AUTH_TOKEN" if admin else "ZM_AUTH_TOKEN")
            proof = request.header("X-Zimbra-Csrf-Token")
            answer = soap.handle(self.service, request.body, cookie_token=token, proof=proof, admin_endpoint=admin)
        return Response(answer.status, answer.content_type, answer.body, answer.headers)

    def _for_people(self, request: Request) -> Response:
        if not request.from_this_machine:
            return text_response(403, "Cette page n'est servie qu'à la machine elle-même.")
        if request.path == "/simulator/faults":
            return self._faults(request)
        if request.method not in ("GET", "HEAD"):
            return text_response(405, "Method Not Allowed")
        if request.path == "/":
            return home_page(self.service, request)
        if request.path.startswith("/mailbox/"):
            return mailbox_page(self.service, request, request.path.removeprefix("/mailbox/").strip("/"))
        return text_response(404, "Not Found")

    def _faults(self, request: Request) -> Response:
        disturbances = self.service.disturbances
        if request.method == "POST":
            try:
                disturbances.set(json.loads(request.body))
            except (ValueError, RecursionError, BadDisturbance) as error:
                return json_response(400, {"error": str(error)[:200]})
        elif request.method == "DELETE":
            disturbances.clear()
        elif request.method != "GET":
            return text_response(405, "Method Not Allowed")
        return json_response(200, disturbances.show())
