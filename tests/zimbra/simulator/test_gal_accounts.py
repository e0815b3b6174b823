from __future__ import annotations

from tests.zimbra.simulator.people import refused
from tests.zimbra.simulator.wire import Wire

DOMAIN = "liste-adresses.example"


def _domain_attribute(admin: Wire) -> str | None:
    found = admin.admin(f'<GetDomainRequest><domain by="name">{DOMAIN}</domain></GetDomainRequest>')
    return str(found.findtext("domain/a[@n='zimbraGalAccountId']") or "") or None


def test_account_of_an_address_list_is_made_named_by_its_domain_and_done_away_with(admin: Wire) -> None:
    admin.admin(f"<CreateDomainRequest><name>{DOMAIN}</name></CreateDomainRequest>")
    wanted = f'<account by="name">annuaire@{DOMAIN}</account></CreateGalSyncAccountRequest>'
    create = f'<CreateGalSyncAccountRequest name="interne" type="zimbra" domain="{DOMAIN}" server="localhost">{wanted}'
    account = admin.admin(create).find("account")
    made = account.get("id")
    assert account.get("name") == f"annuaire@{DOMAIN}"
    assert account.findtext("a[@n='zimbraHideInGal']") == "TRUE"
    assert _domain_attribute(admin) == made
    # Asked for again, it is the same one.
    assert admin.admin(create).find("account").get("id") == made
    admin.admin(f'<SyncGalAccountRequest><account id="{made}"/></SyncGalAccountRequest>')
    delete = f'<DeleteGalSyncAccountRequest><account by="id">{made}</account></DeleteGalSyncAccountRequest>'
    admin.admin(delete)
    assert _domain_attribute(admin) is None
    with refused("account.NO_SUCH_ACCOUNT"):
        admin.admin(delete)
    with refused("account.NO_SUCH_ACCOUNT"):
        admin.admin(f'<SyncGalAccountRequest><account id="{made}"/></SyncGalAccountRequest>')


def test_account_of_an_address_list_needs_a_domain_and_a_known_kind(admin: Wire, address: str) -> None:
    wanted = f'<account by="name">{address}</account></CreateGalSyncAccountRequest>'
    with refused("account.NO_SUCH_DOMAIN"):
        admin.admin(f'<CreateGalSyncAccountRequest name="x" type="ldap" domain="nulle.part">{wanted}')
    with refused("service.INVALID_REQUEST"):
        admin.admin(f'<CreateGalSyncAccountRequest name="x" type="papier" domain="ac-reunion.fr">{wanted}')
    # One that holds no address list is nobody's to delete this way.
    with refused("account.NO_SUCH_ACCOUNT"):
        admin.admin(f"<DeleteGalSyncAccountRequest>{wanted.replace('Create', 'Delete')}")
