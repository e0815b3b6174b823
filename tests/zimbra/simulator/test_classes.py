from __future__ import annotations

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account
from tests.zimbra.simulator.wire import Fault, Wire


def _create(admin: Wire, name: str, **attrs: str) -> str:
    listed = "".join(f'<a n="{key}">{value}</a>' for key, value in attrs.items())
    created = admin.admin(f"<CreateCosRequest><name>{name}</name>{listed}</CreateCosRequest>").find("cos")
    return created.get("id")


def _modify(admin: Wire, class_id: str, **attrs: str) -> None:
    listed = "".join(f'<a n="{key}">{value}</a>' for key, value in attrs.items())
    admin.admin(f"<ModifyCosRequest><id>{class_id}</id>{listed}</ModifyCosRequest>")


def _quota(wire: Wire) -> str:
    info = account(wire, '<GetInfoRequest sections="attrs"/>')
    return info.findtext("attrs/attr[@name='zimbraMailQuota']") + " " + info.find("cos").get("name")


def test_an_account_has_what_its_class_says(admin: Wire, agent: Wire, address: str) -> None:
    class_id = _create(admin, "professeurs", zimbraMailQuota="500")
    assert _quota(agent) == "0 default"
    admin.modify_account(address, zimbraCOSId=class_id)
    assert _quota(agent) == "500 professeurs"
    _modify(admin, class_id, zimbraMailQuota="700")
    assert _quota(agent) == "700 professeurs"
    admin.modify_account(address, zimbraMailQuota="5")
    assert _quota(agent) == "5 professeurs"
    admin.modify_account(address, zimbraMailQuota="")
    admin.admin(f"<DeleteCosRequest><id>{class_id}</id></DeleteCosRequest>")
    assert _quota(agent) == "0 default"


def test_a_domain_can_have_a_class_of_its_own(admin: Wire, wire: Wire) -> None:
    class_id = _create(admin, "invites", zimbraMailQuota="9")
    admin.admin(
        f"<CreateDomainRequest><name>invites.example</name><a n='zimbraDomainDefaultCOSId'>{class_id}</a>"
        "</CreateDomainRequest>"
    )
    admin.create_account("jean@invites.example")
    assert _quota(wire.sign_in("jean@invites.example")) == "9 invites"


def test_classes_are_listed_copied_renamed_and_deleted(admin: Wire) -> None:
    class_id = _create(admin, "Direction", zimbraMailQuota="3", description="Chefs")
    copied = admin.admin('<CopyCosRequest><name>Copie</name><cos by="id">' + class_id + "</cos></CopyCosRequest>")
    assert copied.findtext("cos/a[@n='zimbraMailQuota']") == "3"
    rename = f"<RenameCosRequest><id>{class_id}</id><newName>Chefs</newName></RenameCosRequest>"
    assert admin.admin(rename).find("cos").get("name") == "Chefs"
    found = admin.admin('<GetCosRequest attrs="description"><cos by="name">Chefs</cos></GetCosRequest>').find("cos")
    assert {one.get("n"): one.text for one in found} == {"description": "Chefs"}
    names = {one.get("name") for one in admin.admin("<GetAllCosRequest/>")}
    assert {"default", "defaultExternal", "Chefs", "Copie"} <= names
    admin.admin(f"<DeleteCosRequest><id>{class_id}</id></DeleteCosRequest>")
    with pytest.raises(Fault, match=r"account\.NO_SUCH_COS"):
        _modify(admin, class_id, zimbraMailQuota="1")


def test_a_default_can_be_taken_away_and_given_back(admin: Wire) -> None:
    class_id = _create(admin, "sans-limite")
    _modify(admin, class_id, zimbraPrefMailItemsPerPage="")
    request = f'<GetCosRequest><cos by="id">{class_id}</cos></GetCosRequest>'
    assert admin.admin(request).find("cos/a[@n='zimbraPrefMailItemsPerPage']") is None
    _modify(admin, class_id, zimbraPrefMailItemsPerPage="40")
    assert admin.admin(request).findtext("cos/a[@n='zimbraPrefMailItemsPerPage']") == "40"


@each(
    ("body", "code"),
    [
        ("<CreateCosRequest/>", "service.FAILURE"),
        ("<CreateCosRequest><name> </name></CreateCosRequest>", "ldap.LDAP_ERROR"),
        ("<CreateCosRequest><name>Default</name></CreateCosRequest>", "account.COS_EXISTS"),
        (
            "<CreateCosRequest><name>x</name><a n='zimbraMailTrashLifetime'>texte</a></CreateCosRequest>",
            "account.INVALID_ATTR_VALUE",
        ),
        ('<GetCosRequest><cos by="name"/></GetCosRequest>', "account.NO_SUCH_COS"),
        ('<GetCosRequest><cos by=" id">x</cos></GetCosRequest>', "service.INVALID_REQUEST"),
        (
            "<DeleteCosRequest><id>e00428a1-0c00-11d9-836a-000d93afea2a</id></DeleteCosRequest>",
            "service.INVALID_REQUEST",
        ),
    ],
)
def test_requests_that_are_refused(admin: Wire, body: str, code: str) -> None:
    with pytest.raises(Fault) as fault:
        admin.admin(body)
    assert fault.value.code == code
