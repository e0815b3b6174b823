from __future__ import annotations

import uuid
from collections.abc import Callable

from tests.each import each
from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import Wire


def test_sessions_are_not_kept(admin: Wire) -> None:
    answer = admin.admin('<GetSessionsRequest type="soap" refresh="1" limit="10"/>')
    assert (answer.get("total"), answer.get("more"), len(answer)) == ("0", "0", 0)
    assert admin.admin("<DumpSessionsRequest/>").get("activeSessions") == "0"
    with refused("service.INVALID_REQUEST"):
        admin.admin('<GetSessionsRequest type="telnet"/>')
    with refused("service.INVALID_REQUEST"):
        admin.admin('<GetSessionsRequest type="soap" sortBy="taille"/>')


def test_each_uuid_is_another(agent: Wire) -> None:
    found = {agent.mail("<GenerateUUIDRequest/>").text for _ in range(3)}
    assert len({str(uuid.UUID(one)) for one in found}) == 3


def test_accounts_have_nothing_of_an_older_server(admin: Wire, person: Callable[..., Person]) -> None:
    somebody = person().id
    admin.admin(f'<MigrateAccountRequest><migrate action="wiki" id="{somebody}"/></MigrateAccountRequest>')
    with refused("account.NO_SUCH_ACCOUNT"):
        admin.admin('<MigrateAccountRequest><migrate action="wiki" id="personne"/></MigrateAccountRequest>')
    with refused("service.INVALID_REQUEST"):
        admin.admin(f'<MigrateAccountRequest><migrate action="lune" id="{somebody}"/></MigrateAccountRequest>')


def test_administrator_of_everything_sees_the_whole_console(admin: Wire) -> None:
    found = admin.admin("<GetAdminConsoleUICompRequest/>").findall("a")
    assert [(one.text, one.get("inherited")) for one in found] == [("cartBlancheUI", "0")]


def test_searches_of_an_administrator_are_remembered(admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraIsAdminAccount="TRUE")
    mine = Wire(admin.port)
    signed = mine.admin(f"<AuthRequest><name>{address}</name><password>motdepasse</password></AuthRequest>")
    mine.token = signed.findtext("authToken")

    def found(body: str) -> dict[str, str]:
        return {one.get("name"): one.text for one in mine.admin(body)}

    change, get = "ModifyAdminSavedSearchesRequest", "GetAdminSavedSearchesRequest"
    assert found(f"<{get}/>") == {}
    both = {"profs": "(uid=*prof*)", "parents": "(uid=p : *)"}
    given = "".join(f'<search name="{name}">{query}</search>' for name, query in both.items())
    assert found(f"<{change}>{given}</{change}>") == both
    assert found(f"<{get}/>") == both
    assert found(f'<{get}><search name="profs"/></{get}>') == {"profs": "(uid=*prof*)"}
    found(f'<{change}><search name="profs"/></{change}>')
    assert list(found(f"<{get}/>")) == ["parents"]
    with refused("service.INVALID_REQUEST"):
        found(f'<{change}><search name=" ">(uid=*)</search></{change}>')
    mine.connection.close()


@each("name", ["GetSessions", "DumpSessions", "MigrateAccount", "PurgeMessages", "SyncGalAccount"])
def test_a_person_is_not_shown_the_console(agent: Wire, name: str) -> None:
    with refused("service.PERM_DENIED"):
        agent.admin(f'<{name}Request type="soap"/>')
