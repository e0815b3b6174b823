"""What a person sets for the account: any preference by its name, and absence and trusted senders by their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from zimbra import soap
from zimbra.errors import TOO_LONG, TOO_MANY, Refused
from zimbra.types import ExternalReply, Limits, OutOfOffice
from zimbra.verbs.base import Ask, Verbs, all_fields, is_true, ldap_boolean, nothing

Value = str | bool | Sequence[str]

_TRUSTED = "zimbraPrefMailTrustedSenderList"

_ENABLED = "zimbraPrefOutOfOfficeReplyEnabled"
_TEXT = "zimbraPrefOutOfOfficeReply"
_FROM = "zimbraPrefOutOfOfficeFromDate"
_UNTIL = "zimbraPrefOutOfOfficeUntilDate"
_OTHER = "zimbraPrefOutOfOfficeExternalReplyEnabled"
_OTHER_TEXT = "zimbraPrefOutOfOfficeExternalReply"
_SILENT = "zimbraPrefOutOfOfficeSuppressExternalReply"

# GENERALIZED TIME of LDAP; servers write seconds, and may write a fraction of them.
_MOMENT = "%Y%m%d%H%M%SZ"


class PreferenceVerbs(Verbs):
    def preferences(self, *names: str) -> dict[str, tuple[str, ...]]:
        """The values of the preferences named, or of all. One that is not set is missing from the answer."""
        inner = "".join(f"<pref{soap.attributes({'name': name})}/>" for name in names)
        request = soap.request("GetPrefsRequest", soap.ACCOUNT, inner)
        found = self.ask(Ask(request, lambda answer: all_fields(answer, "pref", "name"), repeatable=True))
        return {name: values for name, values in found.items() if not names or name in names}

    def set_preferences(self, values: Mapping[str, Value | None]) -> None:
        """Set preferences; all of them or, when one is refused, none. None and "" unset one, a sequence sets several
        values, a boolean is written as the directory does (TRUE, FALSE).

        Refused service.INVALID_REQUEST: a name outside zimbraPref; account.INVALID_ATTR_VALUE. NotAllowed: the
        administration keeps it to itself.
        """
        self._modify_preferences((name, one) for name, value in values.items() for one in _written(value))

    def add_to_preference(self, name: str, values: Sequence[str]) -> None:
        """Add values to a preference that holds several; those there already make no difference."""
        self._modify_preferences((f"+{name}", value) for value in values)

    def remove_from_preference(self, name: str, values: Sequence[str]) -> None:
        """Take values from a preference that holds several; those not there make no difference."""
        self._modify_preferences((f"-{name}", value) for value in values)

    def out_of_office(self) -> OutOfOffice:
        """The answer sent during an absence."""
        found = self.preferences(_ENABLED, _TEXT, _FROM, _UNTIL, _OTHER, _OTHER_TEXT, _SILENT)

        def one(name: str) -> str:
            return next(iter(found.get(name, ())), "")

        external = ExternalReply.OTHER if is_true(one(_OTHER)) else ExternalReply.SAME
        if is_true(one(_SILENT)):
            external = ExternalReply.NONE
        return OutOfOffice(
            enabled=is_true(one(_ENABLED)),
            text=one(_TEXT),
            start=read_moment(one(_FROM)),
            until=read_moment(one(_UNTIL)),
            external=external,
            external_text=one(_OTHER_TEXT),
        )

    def set_out_of_office(self, absence: OutOfOffice, *, longest: int = Limits().out_of_office_length) -> None:
        """Set all of it. Refused request.TOO_LONG: a text longer than `longest` bytes (nothing was sent).

        Zimbra answers each sender once in a week, and never to mail of lists or of machines.
        """
        for text in (absence.text, absence.external_text):
            if len(text.encode()) > longest:
                raise Refused(TOO_LONG, f"{longest} bytes allowed")
        self.set_preferences(
            {
                _ENABLED: absence.enabled,
                _TEXT: absence.text,
                _FROM: _written_moment(absence.start),
                _UNTIL: _written_moment(absence.until),
                _OTHER: absence.external is ExternalReply.OTHER,
                _OTHER_TEXT: absence.external_text,
                _SILENT: absence.external is ExternalReply.NONE,
            }
        )

    def trusted_senders(self) -> tuple[str, ...]:
        """Addresses and domains whose pictures the webmail shows at once. They have nothing to do with spam."""
        return self.preferences(_TRUSTED).get(_TRUSTED, ())

    def trust_senders(self, addresses: Sequence[str], *, most: int = Limits().trusted_senders) -> None:
        """Add addresses or domains. Refused request.TOO_MANY: more than `most` in all (nothing was sent)."""
        there = {address.casefold() for address in self.trusted_senders()}
        added = list({address.casefold(): address for address in addresses if address.casefold() not in there}.values())
        if len(there) + len(added) > most:
            raise Refused(TOO_MANY, f"{most} trusted senders allowed")
        self.add_to_preference(_TRUSTED, added)

    def distrust_senders(self, addresses: Sequence[str]) -> None:
        """Remove addresses or domains; those not there make no difference."""
        wanted = {address.casefold() for address in addresses}
        there = [address for address in self.trusted_senders() if address.casefold() in wanted]
        self.remove_from_preference(_TRUSTED, there)

    def _modify_preferences(self, values: Iterable[tuple[str, str]]) -> None:
        inner = "".join(f"<pref{soap.attributes({'name': name})}>{soap.text(value)}</pref>" for name, value in values)
        if inner:
            self.ask(Ask(soap.request("ModifyPrefsRequest", soap.ACCOUNT, inner), nothing, repeatable=True))


def read_moment(value: str) -> datetime | None:
    """A GENERALIZED TIME in UTC, None for anything else."""
    digits = value.partition(".")[0].removesuffix("Z") + "Z"
    try:
        return datetime.strptime(digits, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _written_moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime(_MOMENT)


def _written(value: Value | None) -> Sequence[str]:
    if value is None:
        return [""]
    if isinstance(value, bool):
        return [ldap_boolean(value)]
    # An empty list unsets, as an empty text does.
    return [value] if isinstance(value, str) else value or [""]
