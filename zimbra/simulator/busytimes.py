"""Somebody's free and busy times over plain HTTP: /home/<account>?fmt=ifb and /service/pubcal/freebusy.ifb.

Nobody need sign in: the right viewFreeBusy decides, and an account that is not there is always free, so that nobody
learns which there are. Sources: Zimbra's IfbFormatter and PublicICalServlet.
"""

from __future__ import annotations

import time

from zimbra.simulator.call import Service, Unit
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.spans import time_of
from zimbra.simulator.http import Request, Response, text_response
from zimbra.simulator.requests.freebusy import as_calendar
from zimbra.simulator.signin import caller_of
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.instances import DAY

_CALENDAR = "text/calendar; charset=utf-8"


def of_home(service: Service, request: Request, owner: str) -> Response:
    """fmt=ifb of /home/<owner>: `start`, `end`, and `exuid` for an appointment that does not count."""
    return _answer(service, request, owner, ("start", "end"), (31, 62), but=request.query.get("exuid", ""))


def published(service: Service, request: Request) -> Response:
    """/service/pubcal/freebusy.ifb: `acct`, and `s` and `e` in milliseconds."""
    if request.method not in ("GET", "HEAD"):
        return text_response(405, "Method Not Allowed")
    owner = request.query.get("acct", "")
    if not owner:
        return text_response(400, "acct required")
    try:
        return _answer(service, request, owner, ("s", "e"), (7, 60))
    except SoapFault as fault:
        return text_response(400, fault.message)


def _answer(
    service: Service, request: Request, owner: str, names: tuple[str, str], days: tuple[int, int], but: str = ""
) -> Response:
    """`names`: of the parameters that limit the span; `days`: before and after now, without them."""
    now = int(time.time() * 1000)
    since, until = (
        _moment(request.query.get(name), now, otherwise)
        for name, otherwise in zip(names, (now - days[0] * DAY, now + days[1] * DAY), strict=True)
    )
    with service.database.transaction(write=False) as db:
        caller = caller_of(service, db, request)
        if owner == "~":
            if caller is None:
                raise SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
            account: Account | None = caller.account
        else:
            found = accounts.by_address(db, owner if "@" in owner else f"{owner}@{service.default_domain}")
            account = found or accounts.by_id(db, owner)
        unit = Unit(service, db, writable=False, caller=caller)
        asked = f"http://{request.header('Host') or service.default_domain}{request.path}"
        text = as_calendar(unit, account, owner, since, until, but=but, url=asked)
    return Response(200, _CALENDAR, text.encode())


def _moment(text: str | None, now: int, otherwise: int) -> int:
    if not text:
        return otherwise
    found = time_of(text, now)
    if found is None:
        raise invalid_request(f"not a time: {text[:40]}")
    return found
