"""The box as an account of Zimbra: made, or taken when the operator who moves the mail made it already."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.utils import timezone

from accounts import journal
from boxes.models import Box
from boxes.sync.run import Run
from zimbra.errors import Refused, Taken
from zimbra.types import Account
from zimbra.verbs.folders import clean_folder_path

log = logging.getLogger(__name__)

# Our own code, beside Zimbra's: the address leads to an account of another name, which is not the box's to change.
OTHER_ACCOUNT = "box.OTHER_ACCOUNT"


def account_settings() -> dict[str, str]:
    """Attributes every box has in Zimbra (domain, section 5): its quota; what members send goes to the box's Sent."""
    return {
        "zimbraMailQuota": str(settings.BOX_QUOTA_BYTES),
        "zimbraPrefDelegatedSendSaveTarget": "owner",
    }


def bring(run: Run) -> None:
    """See to it that the box has its account, settings and folders, once.

    Raises any ZimbraError; Refused `OTHER_ACCOUNT`: the address is an alias of somebody's account.
    """
    box = run.box
    if box.transferred_at and box.zimbra_id:
        return
    account = _take(run) or _make(run)
    _make_folders(run)
    first = box.transferred_at is None
    box.zimbra_id, box.transferred_at = account.id, box.transferred_at or timezone.now()
    with run.writing():
        Box.objects.filter(pk=box.pk).update(zimbra_id=box.zimbra_id, transferred_at=box.transferred_at)
        if first:
            journal.record("box.transferred", by=None, target=f"box:{box.pk}", target_label=box.address)


def _take(run: Run) -> Account | None:
    """The account that is there, with the settings of a box; None without one."""
    admin = run.door.admin
    found = admin.find_account(run.box.address, attributes=("displayName", *account_settings()))
    if found is None:
        return None
    if found.address.casefold() != run.box.address.casefold():
        raise Refused(OTHER_ACCOUNT)
    wanted = account_settings()
    if not found.attributes.get("displayName"):
        wanted["displayName"] = run.box.name
    different = {name: value for name, value in wanted.items() if found.attributes.get(name) != value}
    if different:
        admin.modify_account(found.id, different)
    return found


def _make(run: Run) -> Account:
    box = run.box
    # Nobody signs in to a box: the password is known to nobody. Its end satisfies rules on kinds of characters.
    password = f"{secrets.token_urlsafe(32)}-aA1"
    try:
        return run.door.admin.create_account(box.address, password, account_settings() | {"displayName": box.name})
    except Taken:
        # Made between the look and the making, or the address is a list's.
        found = _take(run)
        if found is None:
            raise
        return found


def _make_folders(run: Run) -> None:
    paths = [path for path in map(clean_folder_path, settings.BOX_FOLDERS) if path]
    for path, result in zip(paths, run.own().create_folder_paths(paths, "message"), strict=True):
        if isinstance(result.error, Refused):
            # A folder's name that Zimbra does not take is the administrator's to change; the box is of use without.
            log.warning("box %s: folder %s was not made: %s", run.box.pk, path, result.error.code)
        else:
            result.get()
