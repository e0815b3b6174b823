"""People of a test who share folders with one another, and what they do most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from tests.zimbra.simulator.wire import Fault, Wire


@dataclass
class Person:
    wire: Wire
    address: str
    id: str

    def mail(self, body: str, **more: Any) -> Any:
        return self.wire.mail(body, **more)

    def create(self, **attrs: str) -> Any:
        return self.mail(f"<CreateFolderRequest><folder {written(attrs)}/></CreateFolderRequest>")[0]

    def new_folder(self, name: str, *, parent: str = "1", **attrs: str) -> str:
        """The id of a new folder."""
        return self.create(name=name, l=parent, **attrs).get("id")

    def folder(self, **attrs: str) -> Any:
        return self.mail(f"<GetFolderRequest><folder {written(attrs)}/></GetFolderRequest>")[0]

    def act(self, op: str, folder: str, inner: str = "", **attrs: str) -> Any:
        given = written({"op": op, "id": folder, **attrs})
        return self.mail(f"<FolderActionRequest><action {given}>{inner}</action></FolderActionRequest>").find("action")

    def grant(self, folder: str, to: str, perm: str, gt: str = "usr", **attrs: str) -> Any:
        given = written({"gt": gt, "perm": perm, **({"d": to} if to else {}), **attrs})
        return self.act("grant", folder, f"<grant {given}/>")

    def revoke(self, folder: str, zid: str) -> Any:
        return self.act("!grant", folder, zid=zid)

    def grants(self, folder: str) -> list[dict[str, str]]:
        """The grants of one's own folder."""
        return [dict(grant.attrib) for grant in self.folder(l=folder).findall("acl/grant")]

    def mount(self, owner: Person, rid: str, name: str = "Partage", **attrs: str) -> Any:
        given = written({"l": "1", "name": name, "zid": owner.id, "rid": rid, **attrs})
        return self.mail(f"<CreateMountpointRequest><link {given}/></CreateMountpointRequest>").find("link")

    def rights(self, folder: str) -> str:
        body = f"<GetEffectiveFolderPermsRequest><folder {written({'l': folder})}/></GetEffectiveFolderPermsRequest>"
        return self.mail(body).find("folder").get("perm")

    def contacts(self, *ids: str) -> list[Any]:
        listed = "".join(f"<cn id={quoteattr(one)}/>" for one in ids)
        return self.mail(f"<GetContactsRequest>{listed}</GetContactsRequest>").findall("cn")

    def contact_act(self, op: str, contact: str, **attrs: str) -> Any:
        given = written({"op": op, "id": contact, **attrs})
        return self.mail(f"<ContactActionRequest><action {given}/></ContactActionRequest>").find("action")


def written(attrs: dict[str, str]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in attrs.items())


def refused(code: str) -> Any:
    return pytest.raises(Fault, match=rf"^{code.replace('.', '[.]')}:")
