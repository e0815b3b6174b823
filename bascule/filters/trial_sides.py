"""What became of a message on either side, as facts that can be compared and as a French sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bascule.conversions.filters.converting.folder_names import zimbra_path
from bascule.conversions.filters.old_engine.engine import Done, Kind
from bascule.conversions.filters.old_engine.engine import Outcome as OldOutcome
from bascule.conversions.filters.sentences import words
from bascule.conversions.filters.zimbra_engine.engine import INBOX
from bascule.conversions.filters.zimbra_engine.engine import Outcome as NewOutcome

_OLD_FLAGS = {"\\seen": "read", "\\flagged": "flagged"}
# Zimbra's rules have no such flags; that they are gone is told by the rule's own remarks.
_NOT_IN_ZIMBRA = frozenset({"\\answered", "\\deleted", "\\draft", "\\recent"})
_MARKED = {"read": "marqué comme lu", "flagged": "marqué d’un drapeau", "priority": "marqué comme prioritaire"}


@dataclass(frozen=True, slots=True)
class Result:
    """folders: as Zimbra calls them, "Inbox" for the inbox; none when the message is nowhere. flags: as in Zimbra."""

    folders: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()
    notified: tuple[str, ...] = ()
    answered: bool = False
    rejected: str = ""


def of_old(outcome: OldOutcome) -> Result:
    stored = _of_kind(outcome.actions, Kind.STORE)
    marks = [flag for done in stored for flag in done.flags]
    return Result(
        folders=_unique(_path(done.target) for done in stored),
        flags=_unique(_OLD_FLAGS[flag.lower()] for flag in marks if flag.lower() in _OLD_FLAGS),
        tags=_unique(flag for flag in marks if flag.lower() not in {*_OLD_FLAGS, *_NOT_IN_ZIMBRA}),
        redirected=_unique(done.target for done in _of_kind(outcome.actions, Kind.REDIRECT)),
        notified=_unique(_without_scheme(done.target) for done in _of_kind(outcome.actions, Kind.NOTIFY)),
        answered=bool(_of_kind(outcome.actions, Kind.VACATION)),
        rejected="\n".join(done.target for done in _of_kind(outcome.actions, Kind.REJECT)),
    )


def of_new(outcome: NewOutcome, *, answered: bool) -> Result:
    """answered: an absence stands for one of the rules that applied before."""
    return Result(
        folders=outcome.folders,
        flags=outcome.flags,
        tags=outcome.tags,
        redirected=outcome.redirected,
        notified=outcome.notified,
        answered=answered or bool(outcome.replies),
        rejected=outcome.rejected,
    )


def sentence_of(result: Result, *, before: bool) -> str:
    """Where the message ends up, in one sentence: « Il était classé… » before, « Il sera classé… » after."""
    verb = "était" if before else "sera"
    parts = [_place(result, verb, before=before)]
    if result.folders:
        parts += [_MARKED.get(flag, f"marqué {words.quoted(flag)}") for flag in result.flags]
        if result.tags:
            tags = [words.quoted(tag) for tag in result.tags]
            parts.append(f"avec {'l’étiquette' if len(tags) == 1 else 'les étiquettes'} {words.listed(tags, 'et')}")
    if result.redirected and result.folders:
        parts.append(f"et transféré à {_people(result.redirected)}")
    told = ", ".join(parts)
    if result.notified:
        told += f" ; un avis {'partait' if before else 'partira'} à {_people(result.notified)}"
    if result.answered:
        told += f" ; une réponse automatique {'partait' if before else 'partira'} à l’expéditeur"
    return f"{told[:1].upper()}{told[1:]}."


def differences(old: Result, new: Result) -> list[str]:
    """What a person would notice, one sentence each; none when both are the same."""
    found: list[str] = []
    if {one.casefold() for one in old.folders} != {one.casefold() for one in new.folders}:
        found.append(f"Le message se trouvait {_where(old)} ; il se trouvera {_where(new)}.")
    if set(old.flags) != set(new.flags) and old.folders and new.folders:
        gone = [_MARKED.get(flag, flag) for flag in old.flags if flag not in new.flags]
        come = [_MARKED.get(flag, flag) for flag in new.flags if flag not in old.flags]
        found += [f"Il ne sera plus {words.listed(gone, 'ni')}."] if gone else []
        found += [f"Il sera de plus {words.listed(come, 'et')}."] if come else []
    if {tag.casefold() for tag in old.tags} != {tag.casefold() for tag in new.tags} and old.folders and new.folders:
        found.append("Ses étiquettes ne seront pas les mêmes.")
    for before, after, what in (
        (old.redirected, new.redirected, "transféré à"), (old.notified, new.notified, "signalé par un avis à")
    ):  # fmt: skip
        gone = [one for one in before if one not in after]
        come = [one for one in after if one not in before]
        found += [f"Il ne sera plus {what} {_people(gone)}."] if gone else []
        found += [f"Il sera {what} {_people(come)}, ce qui n’était pas le cas."] if come else []
    if old.answered != new.answered:
        found.append(
            "Aucune réponse automatique ne partira." if old.answered else "Une réponse automatique partira de plus."
        )
    if old.rejected.split() != new.rejected.split():
        found.append("L’expéditeur ne recevra pas le même refus." if new.rejected else "Il ne sera plus refusé.")
    return found


def _place(result: Result, verb: str, *, before: bool) -> str:
    if result.rejected and not result.folders:
        return f"le message {verb} refusé, et son expéditeur averti"
    if result.folders == (INBOX,):
        return f"le message {'restait' if before else 'restera'} dans la boîte de réception"
    if result.folders:
        return f"le message {verb} classé {_where(result)}"
    if result.redirected:
        return (
            f"le message {verb} transféré à {_people(result.redirected)} et ne {'restait' if before else 'restera'} pas"
        )
    return f"le message {verb} supprimé"


def _where(result: Result) -> str:
    if not result.folders:
        return "nulle part"
    return "dans " + words.listed([words.folder(one) for one in result.folders], "et dans")


def _people(addresses: Sequence[str]) -> str:
    return words.listed([words.quoted(one) for one in addresses], "et")


def _of_kind(actions: Sequence[Done], kind: Kind) -> list[Done]:
    return [done for done in actions if done.kind is kind]


def _path(old: str) -> str:
    if old.upper() == "INBOX":
        return INBOX
    return zimbra_path(old)[0] or old


def _without_scheme(target: str) -> str:
    return target.partition(":")[2].partition("?")[0] if target.lower().startswith("mailto:") else target


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
