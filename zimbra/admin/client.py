"""An administrator's session with the administration service."""

from __future__ import annotations

from zimbra.admin.accounts import AccountVerbs
from zimbra.admin.domains import DomainVerbs
from zimbra.admin.lists import ListVerbs
from zimbra.endpoint import Endpoint
from zimbra.session import Session, base_url, by_admin_password
from zimbra.transport import HttpTransport, Transport


class AdminClient(AccountVerbs, ListVerbs, DomainVerbs):
    """An administrator, signed in once for any number of threads and again by itself when the session ends.

    url: address of the administration service (port 7071 as a rule). The first request signs in.
    """

    def __init__(self, url: str, address: str, password: str, *, transport: Transport | None = None) -> None:
        used = transport or HttpTransport()
        base = base_url(url)
        soap_url = f"{base}/service/admin/soap"
        session = Session(lambda: by_admin_password(used, soap_url, address, password))
        super().__init__(base, Endpoint(soap_url, used, session), owns_transport=transport is None)
