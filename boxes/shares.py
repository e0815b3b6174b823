"""One item of a box shared with one person: a mail folder, a calendar, an address book or a task list.

Sharing is not delegating (domain, section 5). Who has a delegation reaches everything of the box and may answer in its
name; who has a share reaches that one item, and nothing of the rest. Only an owner shares. A share is a row of its own:
it stays when the person gets a delegation later, and when the box loses the owner who made it.
"""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from accounts import journal, notices
from accounts.models import Agent
from boxes import looks, managed, work
from boxes.delegations import DelegationError, checked
from boxes.looks import SeenFolder
from boxes.models import Box, BoxShare, Delegation, Role

MOST_SHARES = 300
# Zimbra's fixed ids: the whole mailbox, Trash, Junk, Drafts, Chats. The first is what delegations are for; in the
# others nothing stays, or what is there belongs to whoever writes it.
NEVER_SHARED = frozenset({looks.ROOT, looks.TRASH, looks.JUNK, looks.DRAFTS, "14"})
# What a box is used for (domain, section 5): mail, address books, calendars, tasks.
VIEWS = frozenset({"", "message", "contact", "appointment", "task"})

ACCESS_IN_WORDS = {BoxShare.Access.READ: "lecture", BoxShare.Access.WRITE: "lecture et modification"}


class ShareError(DelegationError):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""


class NotShareable(ShareError):
    sentence = "Cet élément ne se partage pas : choisissez un dossier, un calendrier, un carnet ou une liste de tâches."


class AlreadyShared(ShareError):
    sentence = "Cet élément est déjà partagé avec cette personne : modifiez son accès dans la liste si besoin."


class OfNoUse(ShareError):
    sentence = (
        "Cette personne a déjà accès à toute la boîte, cet élément compris : un partage n’ajouterait rien. "
        "Pour qu’elle puisse davantage, changez son rôle."
    )


class TooMany(ShareError):
    sentence = f"Une boîte compte {MOST_SHARES} partages au plus. Retirez d’abord ceux qui ne servent plus."


class ShareGone(ShareError):
    sentence = "Ce partage a été retiré entre-temps."


def is_shareable(folder: SeenFolder) -> bool:
    """Whether a folder that a look at the box saw may be shared."""
    return folder.view in VIEWS and folder.id not in NEVER_SHARED and not looks.is_thrown_away(folder.path)


def share(
    *, box: Box, folder: SeenFolder, agent: Agent, access: BoxShare.Access, by: Agent, settling: bool = False
) -> BoxShare:
    """Share one folder of the box, as a look saw it, with `agent`, who must have moved; `by` an owner.

    The person is told. settling: what was done in Zimbra itself is taken over, which staff may decide as well.
    Raises NotOwner, NotShared, NotMigrated, NotActive, NotShareable, AlreadyShared, OfNoUse, TooMany.
    """
    if not is_shareable(folder):
        raise NotShareable
    with transaction.atomic():
        box = managed.locked_for(box, by, or_staff=settling)
        agent = checked(agent)
        _need_use(box, agent, access)
        row = BoxShare.objects.filter(box=box, folder_id=folder.id, agent=agent).first()
        if row is not None and not row.removed:
            raise AlreadyShared
        if box.shares.filter(removed=False).count() >= MOST_SHARES:
            raise TooMany
        # One that is still being taken out of Zimbra comes back to life, with what Zimbra holds of it.
        row = row or BoxShare(box=box, folder_id=folder.id, agent=agent)
        row.folder_path, row.view, row.access = folder.path[:255], folder.view, access
        row.removed, row.trouble = False, ""
        row.save()
        _record("box.shared", row, by=by, access=ACCESS_IN_WORDS[access])
        notices.notify(
            agent,
            kind="box.shared",
            title=f"{by.full_name} partage « {item_name(row)} » avec vous",
            body=f"« {item_name(row)} », de la boîte {box.address}, est partagé avec vous "
            f"(accès : {ACCESS_IN_WORDS[access]}). Il apparaît dans votre messagerie dans quelques minutes. "
            "Le reste de la boîte ne vous est pas ouvert.",
            link=reverse("boxes"),
            by_mail=True,
        )
        work.ask(box)
        return row


def change_access(*, share: BoxShare, access: BoxShare.Access, by: Agent, settling: bool = False) -> None:
    """Let the person do more, or less; `by` an owner. The person is told. The same access again changes nothing.

    settling: see `share`. Raises NotOwner, NotShared, ShareGone, OfNoUse.
    """
    with transaction.atomic():
        box = managed.locked_for(share.box, by, or_staff=settling)
        row = _current(share)
        if row.access == access:
            return
        _need_use(box, row.agent, access)
        before, row.access, row.trouble = BoxShare.Access(row.access), access, ""
        row.save(update_fields=["access", "trouble"])
        _record("box.share_changed", row, by=by, before=ACCESS_IN_WORDS[before], access=ACCESS_IN_WORDS[access])
        notices.notify(
            row.agent,
            kind="box.share_changed",
            title=f"Votre accès à « {item_name(row)} » change",
            body=f"{by.full_name} a changé votre accès à « {item_name(row)} », de la boîte {box.address} : "
            f"{ACCESS_IN_WORDS[before]} auparavant, {ACCESS_IN_WORDS[access]} désormais.",
            link=reverse("boxes"),
            by_mail=True,
        )
        work.ask(box)


def revoke(*, share: BoxShare, by: Agent, settling: bool = False) -> None:
    """Take the item away from the person again; `by` an owner. The person is told.

    The row stays, as removed, until Zimbra has let go of it. settling: see `share`.
    Raises NotOwner, NotShared, ShareGone.
    """
    with transaction.atomic():
        box = managed.locked_for(share.box, by, or_staff=settling)
        row = _current(share)
        row.removed, row.trouble = True, ""
        row.save(update_fields=["removed", "trouble"])
        _record("box.share_revoked", row, by=by)
        notices.notify(
            row.agent,
            kind="box.share_revoked",
            title=f"« {item_name(row)} » n’est plus partagé avec vous",
            body=f"{by.full_name} a mis fin au partage de « {item_name(row)} », de la boîte {box.address}. "
            "Il disparaît de votre messagerie.",
            link=reverse("boxes"),
            by_mail=True,
        )
        work.ask(box)


def item_name(share: BoxShare) -> str:
    """What people call the shared item: its path, in French where Zimbra named it."""
    return looks.french_path(share.folder_path)


def _need_use(box: Box, agent: Agent, access: BoxShare.Access) -> None:
    """A delegation that lets the person do as much already makes the share one more thing to forget about."""
    there = Delegation.objects.active().filter(box=box, agent=agent).first()
    if there is not None and (Role(there.role).writes or access == BoxShare.Access.READ):
        raise OfNoUse


def _current(share: BoxShare) -> BoxShare:
    row = BoxShare.objects.select_related("agent", "box").filter(pk=share.pk, removed=False).first()
    if row is None:
        raise ShareGone
    return row


def _record(action: str, row: BoxShare, *, by: Agent, **details: str) -> None:
    journal.record(
        action,
        by=by,
        subject=row.agent,
        target=f"box:{row.box_id}",
        target_label=row.box.address,
        name=row.agent.full_name,
        item=item_name(row),
        **details,
    )
