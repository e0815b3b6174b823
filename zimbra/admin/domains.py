"""Mail domains."""

from __future__ import annotations

from zimbra import soap
from zimbra.admin.elements import Attributes, by, first_values, pairs
from zimbra.types import Domain
from zimbra.verbs.base import Ask, Verbs, needed, nothing


class DomainVerbs(Verbs):
    def create_domain(self, name: str, attributes: Attributes | None = None) -> Domain:
        """Taken account.DOMAIN_EXISTS."""
        request = soap.request("CreateDomainRequest", soap.ADMIN, pairs(attributes or {}), name=name)
        return self.ask(Ask(request, lambda answer: _domain(needed(answer, "domain"))))

    def get_domain(self, name: str, *, key: str = "name") -> Domain:
        """A domain by its name or, with key "id", by its id. NotFound account.NO_SUCH_DOMAIN."""
        request = soap.request("GetDomainRequest", soap.ADMIN, by("domain", name, key))
        return self.ask(Ask(request, lambda answer: _domain(needed(answer, "domain")), repeatable=True))

    def domains(self) -> list[Domain]:
        """Every domain of the service."""
        request = soap.request("GetAllDomainsRequest", soap.ADMIN)
        return self.ask(
            Ask(request, lambda answer: [_domain(one) for one in soap.children(answer, "domain")], repeatable=True)
        )

    def modify_domain(self, domain_id: str, attributes: Attributes) -> Domain:
        """Set attributes of a domain, as `modify_account` does."""
        request = soap.request("ModifyDomainRequest", soap.ADMIN, pairs(attributes), id=domain_id)
        return self.ask(Ask(request, lambda answer: _domain(needed(answer, "domain")), repeatable=True))

    def delete_domain(self, domain_id: str) -> None:
        """Refused account.DOMAIN_NOT_EMPTY: it still has accounts. NotFound."""
        self.ask(Ask(soap.request("DeleteDomainRequest", soap.ADMIN, id=domain_id), nothing))


def _domain(element: soap.Element) -> Domain:
    return Domain(element.get("id") or "", element.get("name") or "", first_values(element))
