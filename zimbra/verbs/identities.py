"""Identities: the names and addresses a person writes under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zimbra import soap
from zimbra.errors import NotFound, Taken
from zimbra.types import DEFAULT_IDENTITY, Identity, Result, SendRight
from zimbra.verbs.base import Ask, Verbs, fields, is_true, ldap_boolean, needed, nothing


class IdentityVerbs(Verbs):
    def identities(self) -> list[Identity]:
        """All identities, the account's own (`is_default`) among them."""
        return self.ask(listing_identities())

    def default_identity(self) -> Identity:
        """The account's own identity."""
        return self._identity_named(DEFAULT_IDENTITY)

    def create_identity(self, identity: Identity, *, existing_ok: bool = False) -> Identity:
        """Create an identity; the server gives the id.

        existing_ok: one of that name (capitals make no difference) is brought to these settings, and given back.
        Taken account.IDENTITY_EXISTS. Refused: account.TOO_MANY_IDENTITIES (`Info.limits`), account.INVALID_ATTR_VALUE.
        Whether the person may send as the address is checked when sending, not here.
        """
        try:
            return self.ask(_creating(identity))
        except Taken:
            if not existing_ok:
                raise
        self.update_identity(self._identity_named(identity.name).id, identity)
        return self._identity_named(identity.name)

    def update_identity(self, identity_id: str, identity: Identity) -> None:
        """Give an identity all these settings; those an `Identity` does not name stay as they are.

        Its name changes too, but for the account's own, which keeps it. NotFound; Taken; Refused.
        """
        values = _values(identity)
        if not identity.is_default:
            values["zimbraPrefIdentityName"] = (identity.name,)
        self.ask(_modifying(identity_id, values))

    def change_identity(self, identity_id: str, values: Mapping[str, str]) -> None:
        """Set single attributes of an identity by Zimbra's names; an empty value removes one."""
        self.ask(_modifying(identity_id, {name: (value,) for name, value in values.items()}))

    def delete_identity(self, identity_id: str) -> bool:
        """False when it was gone already. Refused: the account's own stays."""
        try:
            self.ask(_deleting(identity_id))
        except NotFound:
            return False
        return True

    def delete_identities(self, identity_ids: Sequence[str]) -> list[Result[None]]:
        """Several together: one `Result` each, in their order; one that is gone is no error. See `ask_all`."""
        asked = self.ask_all([_deleting(one) for one in identity_ids])
        return [Result() if isinstance(result.error, NotFound) else result for result in asked]

    def _identity_named(self, name: str) -> Identity:
        for identity in self.identities():
            if identity.name.casefold() == name.casefold():
                return identity
        raise NotFound("account.NO_SUCH_IDENTITY")


def listing_identities() -> Ask[list[Identity]]:
    request = soap.request("GetIdentitiesRequest", soap.ACCOUNT)
    return Ask(request, lambda answer: [_identity(one) for one in soap.children(answer, "identity")], repeatable=True)


def _deleting(identity_id: str) -> Ask[None]:
    inner = f"<identity{soap.attributes({'id': identity_id})}/>"
    return Ask(soap.request("DeleteIdentityRequest", soap.ACCOUNT, inner), nothing, repeatable=True)


def _creating(identity: Identity) -> Ask[Identity]:
    # An empty value takes an attribute away, and there is none yet.
    values = {name: given for name, given in _values(identity).items() if any(given)}
    inner = f"<identity{soap.attributes({'name': identity.name})}>{_pairs(values)}</identity>"
    request = soap.request("CreateIdentityRequest", soap.ACCOUNT, inner)
    return Ask(request, lambda answer: _identity(needed(answer, "identity")))


def _modifying(identity_id: str, values: Mapping[str, tuple[str, ...]]) -> Ask[None]:
    inner = f"<identity{soap.attributes({'id': identity_id})}>{_pairs(values)}</identity>"
    return Ask(soap.request("ModifyIdentityRequest", soap.ACCOUNT, inner), nothing, repeatable=True)


def _pairs(values: Mapping[str, tuple[str, ...]]) -> str:
    return "".join(soap.pairs({name: value}, "name") for name, given in values.items() for value in given or ("",))


def _values(identity: Identity) -> dict[str, tuple[str, ...]]:
    """The settings as Zimbra's attributes; an empty value unsets one."""

    def switch(chosen: bool | None, given: object) -> tuple[str]:
        return (ldap_boolean(bool(given) if chosen is None else chosen),)

    return {
        "zimbraPrefFromDisplay": (identity.from_name,),
        "zimbraPrefFromAddress": (identity.from_address,),
        "zimbraPrefFromAddressType": (str(identity.from_right),),
        "zimbraPrefReplyToEnabled": switch(identity.reply_to, identity.reply_to_address),
        "zimbraPrefReplyToDisplay": (identity.reply_to_name,),
        "zimbraPrefReplyToAddress": (identity.reply_to_address,),
        "zimbraPrefWhenInFoldersEnabled": switch(identity.by_folder, identity.folder_ids),
        "zimbraPrefWhenInFolderIds": identity.folder_ids,
        "zimbraPrefWhenSentToEnabled": switch(identity.by_recipient, identity.sent_to),
        "zimbraPrefWhenSentToAddresses": identity.sent_to,
        "zimbraPrefDefaultSignatureId": (identity.signature_id,),
        "zimbraPrefForwardReplySignatureId": (identity.answer_signature_id,),
    }


def _identity(element: soap.Element) -> Identity:
    found = fields(element, key="name")

    def several(name: str) -> tuple[str, ...]:
        return tuple(value for value in found.get(name, "").split("\n") if value)

    on_behalf = found.get("zimbraPrefFromAddressType") == SendRight.SEND_ON_BEHALF
    return Identity(
        name=element.get("name") or found.get("zimbraPrefIdentityName", ""),
        from_name=found.get("zimbraPrefFromDisplay", ""),
        from_address=found.get("zimbraPrefFromAddress", ""),
        from_right=SendRight.SEND_ON_BEHALF if on_behalf else SendRight.SEND_AS,
        reply_to_name=found.get("zimbraPrefReplyToDisplay", ""),
        reply_to_address=found.get("zimbraPrefReplyToAddress", ""),
        folder_ids=several("zimbraPrefWhenInFolderIds"),
        sent_to=several("zimbraPrefWhenSentToAddresses"),
        signature_id=found.get("zimbraPrefDefaultSignatureId", ""),
        answer_signature_id=found.get("zimbraPrefForwardReplySignatureId", ""),
        reply_to=is_true(found.get("zimbraPrefReplyToEnabled")),
        by_folder=is_true(found.get("zimbraPrefWhenInFoldersEnabled")),
        by_recipient=is_true(found.get("zimbraPrefWhenSentToEnabled")),
        id=element.get("id") or found.get("zimbraPrefIdentityId", ""),
        attributes=found,
    )
