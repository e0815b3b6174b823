"""Signatures, and which identity uses which."""

from __future__ import annotations

from zimbra import soap
from zimbra.errors import TOO_LONG, NotFound, Refused, Taken
from zimbra.types import Limits, Signature
from zimbra.verbs.base import Ask, ldap_boolean, needed, nothing
from zimbra.verbs.identities import IdentityVerbs
from zimbra.verbs.preferences import PreferenceVerbs

_HTML = "text/html"
_PLAIN = "text/plain"


class SignatureVerbs(IdentityVerbs, PreferenceVerbs):
    def signatures(self) -> list[Signature]:
        """All signatures, with their texts. The server may have cleaned the HTML of what is no mere text."""
        request = soap.request("GetSignaturesRequest", soap.ACCOUNT)
        return self.ask(
            Ask(
                request, lambda answer: [_signature(one) for one in soap.children(answer, "signature")], repeatable=True
            )
        )

    def create_signature(
        self, signature: Signature, *, existing_ok: bool = False, longest: int = Limits().signature_length
    ) -> str:
        """Create a signature and return its id. It is used once an identity names it (`use_signature`).

        existing_ok: one of that name (capitals make no difference) gets these texts instead.
        longest: `Info.limits.signature_length`, 0 for no limit. Refused request.TOO_LONG: nothing was sent;
        account.TOO_MANY_SIGNATURES. Taken account.SIGNATURE_EXISTS.
        """
        _check(signature, longest)
        inner = f"<signature{soap.attributes({'name': signature.name})}>{_contents(signature)}</signature>"
        request = soap.request("CreateSignatureRequest", soap.ACCOUNT, inner)
        try:
            return self.ask(Ask(request, lambda answer: needed(answer, "signature").get("id") or ""))
        except Taken:
            if not existing_ok:
                raise
        for there in self.signatures():
            if there.name.casefold() == signature.name.casefold():
                self.update_signature(there.id, signature, longest=longest)
                return there.id
        raise NotFound("account.NO_SUCH_SIGNATURE")

    def update_signature(
        self, signature_id: str, signature: Signature, *, longest: int = Limits().signature_length
    ) -> None:
        """Give a signature this name and these texts; an empty one is taken away. Errors as `create_signature`."""
        _check(signature, longest)
        tag = soap.attributes({"id": signature_id, "name": signature.name})
        inner = f"<signature{tag}>{_contents(signature, both=True)}</signature>"
        self.ask(Ask(soap.request("ModifySignatureRequest", soap.ACCOUNT, inner), nothing, repeatable=True))

    def delete_signature(self, signature_id: str) -> bool:
        """False when it was gone already. An identity that goes on naming it puts nothing below its mails."""
        inner = f"<signature{soap.attributes({'id': signature_id})}/>"
        try:
            self.ask(Ask(soap.request("DeleteSignatureRequest", soap.ACCOUNT, inner), nothing, repeatable=True))
        except NotFound:
            return False
        return True

    def use_signature(
        self, new_mail: str | None = None, answers: str | None = None, *, identity_id: str | None = None
    ) -> None:
        """Set the signature ids an identity (the account's own when none is named) puts below new mail and answers.

        None leaves one as it is, "" stands for no signature. Signatures are switched on for the account when needed.
        """
        values = {"zimbraPrefDefaultSignatureId": new_mail, "zimbraPrefForwardReplySignatureId": answers}
        chosen = {name: value for name, value in values.items() if value is not None}
        self.change_identity(identity_id or self.default_identity().id, chosen)
        if any(chosen.values()):
            self.set_preferences({"zimbraPrefMailSignatureEnabled": ldap_boolean(True)})


def _check(signature: Signature, longest: int) -> None:
    # Counted as Java counts, in UTF-16 units.
    longer = max(len(text.encode("utf-16-le", "replace")) // 2 for text in (signature.html, signature.text))
    if longest and longer > longest:
        raise Refused(TOO_LONG, f"{longer} characters, {longest} allowed")


def _contents(signature: Signature, *, both: bool = False) -> str:
    """both: an empty text is sent too, which takes the stored one away."""
    return "".join(
        f'<content type="{kind}">{soap.text(text)}</content>'
        for kind, text in ((_HTML, signature.html), (_PLAIN, signature.text))
        if text or both
    )


def _signature(element: soap.Element) -> Signature:
    texts = {one.get("type") or _PLAIN: one.text or "" for one in soap.children(element, "content")}
    return Signature(element.get("name") or "", texts.get(_HTML, ""), texts.get(_PLAIN, ""), element.get("id") or "")
