"""The attributes of an entry of the directory: read from a request, checked, written into an answer.

Source of the rules: Zimbra's table of attributes (attrs.xml) and its AttributeManager. What an attribute may hold
follows from its default and from its name; the few others are listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store.accounts import Account, listed
from zimbra.simulator.store.defaults import CLASS_DEFAULTS, PREFERENCES, Attributes

HOST = "localhost"
SERVER_ID = "1d1d1d1d-0000-4000-8000-000000000001"
Pair = tuple[str, str, None]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_NUMBER = re.compile(r"-?[0-9]+\Z")
_DURATION = re.compile(r"[0-9]+(?:ms|[smhd])?\Z")
_MOMENT = re.compile(r"[0-9]{14}(?:\.[0-9]+)?Z\Z")

_INCLUDED = (
    "includeAsAttachment", "includeBody", "includeBodyAndHeaders", "includeBodyAndHeadersWithPrefix", "includeBodyOnly",
    "includeBodyWithPrefix", "includeNone", "includeSmart", "includeSmartAndHeaders", "includeSmartWithPrefix",
    "includeSmartAndHeadersWithPrefix",
)  # fmt: skip
_CHOICES: dict[str, Iterable[str]] = {
    "zimbraAccountStatus": ("active", "closed", "locked", "pending", "maintenance", "lockout"),
    "zimbraDomainStatus": ("active", "closed", "locked", "maintenance", "shutdown", "suspended"),
    "zimbraGalMode": ("both", "ldap", "zimbra"),
    "zimbraMailHostPool": (SERVER_ID,),
    "zimbraMailStatus": ("enabled", "disabled"),
    "zimbraPrefCalendarApptVisibility": ("public", "private"),
    "zimbraPrefCalendarInitialView": ("day", "list", "month", "week", "workWeek", "schedule", "year"),
    "zimbraPrefClientType": ("advanced", "standard", "modern", "zimbraX", "preferred"),
    "zimbraPrefComposeFormat": ("html", "text"),
    "zimbraPrefContactsInitialView": ("list", "cards"),
    "zimbraPrefConversationOrder": ("dateAsc", "dateDesc"),
    "zimbraPrefDedupeMessagesSentToSelf": ("dedupeNone", "secondCopyifOnToOrCC", "dedupeAll"),
    "zimbraPrefFontSize": ("small", "normal", "large", "larger"),
    "zimbraPrefForwardIncludeOriginalText": _INCLUDED,
    "zimbraPrefForwardReplyFormat": ("text", "html", "same"),
    "zimbraPrefFromAddressType": ("sendAs", "sendOnBehalfOf"),
    "zimbraPrefGroupMailBy": ("conversation", "message"),
    "zimbraPrefMailSelectAfterDelete": ("next", "previous", "adaptive"),
    "zimbraPrefMailSendReadReceipts": ("always", "never", "prompt"),
    "zimbraPrefMailSignatureStyle": ("outlook", "internet"),
    "zimbraPrefOutOfOfficeFreeBusyStatus": ("OUTOFOFFICE", "BUSY"),
    "zimbraPrefPop3DeleteOption": ("keep", "read", "trash", "delete"),
    "zimbraPrefReadingPaneLocation": ("off", "right", "bottom"),
    "zimbraPrefReplyIncludeOriginalText": _INCLUDED,
}
_BOOLEANS = frozenset(
    (
        "amavisBypassSpamChecks", "amavisBypassVirusChecks", "zimbraAllowAnyFromAddress",
        "zimbraAttachmentsViewInHtmlOnly", "zimbraCalResAutoAcceptDecline", "zimbraCalResAutoDeclineIfBusy",
        "zimbraCalResAutoDeclineRecurring", "zimbraExcludeFromCMBSearch", "zimbraHideInGal",
        "zimbraInterceptSendHeadersOnly", "zimbraIsAdminAccount", "zimbraIsDelegatedAdminAccount",
        "zimbraIsDomainAdminAccount", "zimbraIsExternalVirtualAccount", "zimbraIsSystemAccount",
        "zimbraIsSystemResource", "zimbraMailAllowReceiveButNotSendWhenOverQuota",
        "zimbraMailPurgeUseChangeDateForSpam", "zimbraMailPurgeUseChangeDateForTrash", "zimbraPasswordLocked",
        "zimbraPasswordMustChange",
        "zimbraPrefAdminConsoleWarnOnExit", "zimbraPrefCalendarReminderSendEmail",
        "zimbraPrefCalendarReminderYMessenger", "zimbraPrefCalendarShowDeclinedMeetings", "zimbraPrefChatPlaySound",
        "zimbraPrefContactsDisableAutocompleteOnContactGroupMembers", "zimbraPrefContactsExpandAppleContactGroups",
        "zimbraPrefConvShowCalendar", "zimbraPrefIMFlashTitle", "zimbraPrefIMNotifyPresence",
        "zimbraPrefIncludeSharedItemsInSearch", "zimbraPrefMailLocalDeliveryDisabled", "zimbraPrefSaveToSent",
        "zimbraPrefShowAllNewMailNotifications", "zimbraPrefShowChatsFolderInMail",
        "zimbraPrefUseDefaultIdentitySettings", "zimbraPrefUseSendMsgShortcut",
        "zimbraRevokeAppSpecificPasswordsOnPasswordChange", "zimbraSmtpEnableTrace", "zimbraSpamApplyUserFilters",
    )
)  # fmt: skip
# Besides those whose default is one.
_DURATIONS = frozenset(
    (
        "zimbraDataSourceMinPollingInterval", "zimbraDataSourcePollingInterval", "zimbraDumpsterUserVisibleAge",
        "zimbraFileVersionLifetime", "zimbraMailDumpsterLifetime", "zimbraPrefInboxReadLifetime",
        "zimbraQuotaWarnInterval", "zimbraShareLifetime", "zimbraSharingUpdatePublishInterval",
    )
)  # fmt: skip
_MOMENTS = frozenset(
    (
        "zimbraLastLogonTimestamp", "zimbraPasswordLockoutFailureTime", "zimbraPasswordLockoutLockedTime",
        "zimbraPasswordModifiedTime", "zimbraPrefOutOfOfficeFromDate", "zimbraPrefOutOfOfficeUntilDate",
        "zimbraPrefPop3DownloadSince",
    )
)  # fmt: skip
_IMMUTABLE = frozenset(
    (
        "mail", "objectClass", "uid", "zimbraAliasTargetId", "zimbraCreateTimestamp", "zimbraMailDeliveryAddress",
        "zimbraDomainName", "zimbraDomainId",
    )
)  # fmt: skip
# Longest value, in characters.
_LONGEST = {
    "zimbraPrefFromAddress": 256,
    "zimbraPrefMailForwardingAddress": 4096,
    "zimbraPrefOutOfOfficeExternalReply": 8192,
    "zimbraPrefOutOfOfficeReply": 8192,
    "zimbraPrefIdentityName": 128,
    "zimbraPrefMailItemsPerPage": 10,
    "zimbraPrefMailInitialSearch": 512,
}
# Least and most of a number; others are at least 0.
_RANGES = {
    "zimbraPrefCalendarApptReminderWarningTime": (0, 10080),
    "zimbraPrefCalendarDayHourEnd": (0, 24),
    "zimbraPrefCalendarDayHourStart": (0, 24),
    "zimbraPrefCalendarFirstDayOfWeek": (0, 6),
    "zimbraPrefItemsPerVirtualPage": (0, 2**31 - 1),
    "zimbraPrefMarkMsgRead": (-1, 2**31 - 1),
    "zimbraGalMaxResults": (0, 2**31 - 1),
    "zimbraDomainMaxAccounts": (0, 2**31 - 1),
    "zimbraCalendarMaxRevisions": (0, 2**31 - 1),
    "zimbraContactRankingTableSize": (0, 2**31 - 1),
    "zimbraDataSourceMaxNumEntries": (0, 2**31 - 1),
    "zimbraMaxContactsPerPage": (0, 2**31 - 1),
    "zimbraNotebookMaxRevisions": (0, 2**63 - 1),
    "zimbraSyncWindowSize": (0, 2**31 - 1),
    "zimbraMailQuota": (-(2**63), 2**63 - 1),
    "zimbraPasswordMinLength": (0, 2**31 - 1),
    "zimbraPasswordMaxLength": (0, 2**31 - 1),
}
_BYTES = frozenset(
    ("zimbraMailQuota", "zimbraFileUploadMaxSize", "zimbraMtaMaxMessageSize", "zimbraMailContentMaxSize")
)


# Names an entry may have besides Zimbra's own: inetOrgPerson and what it is made of.
_PLAIN_NAMES = frozenset(
    (
        "audio", "businesscategory", "c", "carlicense", "cn", "co", "company", "departmentnumber", "description",
        "displayname", "employeenumber", "employeetype", "facsimiletelephonenumber", "gender", "givenname", "gn",
        "homephone", "homepostaladdress", "initials", "jpegphoto", "l", "labeleduri", "mail", "manager", "mobile", "o",
        "objectclass", "ou", "pager", "photo", "physicaldeliveryofficename", "postaladdress", "postalcode",
        "postofficebox", "preferredlanguage", "roomnumber", "secretary", "sn", "st", "street", "streetaddress",
        "telephonenumber", "telexnumber", "title", "uid", "usercertificate", "userpassword", "useradvertisement",
    )
)  # fmt: skip
_PREFERENCES = frozenset(
    (
        *PREFERENCES, *_CHOICES, *_LONGEST, *_RANGES, *_MOMENTS, *_BOOLEANS, *_DURATIONS,
        "zimbraPrefBccAddress", "zimbraPrefBriefcaseReadingPaneLocation", "zimbraPrefCalendarAcceptSignatureId",
        "zimbraPrefCalendarApptReminderWarningTime", "zimbraPrefCalendarAutoAcceptSignatureId",
        "zimbraPrefCalendarAutoDeclineSignatureId", "zimbraPrefCalendarAutoDenySignatureId",
        "zimbraPrefCalendarDeclineSignatureId", "zimbraPrefCalendarForwardInvitesTo",
        "zimbraPrefCalendarReminderDeviceEmail", "zimbraPrefCalendarReminderEmail", "zimbraPrefCalendarReminderMobile",
        "zimbraPrefCalendarReminderDuration1", "zimbraPrefCalendarTentativeSignatureId", "zimbraPrefComposeDirection",
        "zimbraPrefDelegatedSendSaveTarget", "zimbraPrefFileSharingApplication", "zimbraPrefFont",
        "zimbraPrefGetMailAction", "zimbraPrefIMIdleStatus", "zimbraPrefLocale", "zimbraPrefMailSMIMECertificate",
        "zimbraPrefPasswordRecoveryAddress", "zimbraPrefPasswordRecoveryAddressStatus",
        "zimbraPrefPrimaryTwoFactorAuthMethod", "zimbraPrefUserSpamFolder", "zimbraPrefWebClientOfflineBrowserKey",
        "zimbraPrefChildVisibleAccount", "zimbraPrefDefaultCalendarId", "zimbraPrefDefaultPrintFontSize",
        "zimbraPrefDefaultSignatureId", "zimbraPrefExternalSendersType", "zimbraPrefForwardReplyFontColor",
        "zimbraPrefForwardReplySignatureId", "zimbraPrefFromDisplay", "zimbraPrefIdentityId", "zimbraPrefMailSignature",
        "zimbraPrefMailSignatureContactId", "zimbraPrefMailSignatureHTML", "zimbraPrefMailTrustedSenderList",
        "zimbraPrefNewMailNotificationAddress", "zimbraPrefOutOfOfficeDirectAddress", "zimbraPrefPop3DownloadSince",
        "zimbraPrefQuickCommand", "zimbraPrefReadReceiptsToAddress", "zimbraPrefReplyToAddress",
        "zimbraPrefReplyToDisplay", "zimbraPrefSentMailFolder", "zimbraPrefShortcuts", "zimbraPrefSortOrder",
        "zimbraPrefSpellDictionary", "zimbraPrefSpellIgnorePattern", "zimbraPrefSpellIgnoreWord",
        "zimbraPrefTimeZoneId", "zimbraPrefWhenInFolderIds", "zimbraPrefWhenSentToAddresses", "zimbraPrefZimlets",
    )
)  # fmt: skip


def is_known(name: str) -> bool:
    """Whether the directory has an attribute of that name; of Zimbra's own all but preferences are taken on trust."""
    if name.startswith("zimbraPref"):
        return name in _PREFERENCES or name.endswith("Enabled")
    return name.startswith(("zimbra", "amavis")) or name.lower() in _PLAIN_NAMES


def given(request: Element, *, child: str = "a", key: str = "n") -> dict[str, list[str]]:
    """The attributes of a request, with their signs.

    account.INVALID_ATTR_NAME for an empty name, ldap.INVALID_ATTR_NAME for one that the directory does not have.
    """
    found: dict[str, list[str]] = {}
    for name, element in request.pairs(child, key):
        bare = name[1:] if name[:1] in ("+", "-") else name
        if not bare.strip():
            raise SoapFault("account.INVALID_ATTR_NAME", "invalid attr name: empty key found")
        if not _NAME.match(bare) or not is_known(bare):
            raise SoapFault("ldap.INVALID_ATTR_NAME", f"invalid attr name: {name[:80]}")
        found.setdefault(name, []).append(element.text)
    return found


def as_attributes(found: Mapping[str, list[str]]) -> Attributes:
    """Attributes to store of something new: empty values are left out."""
    kept = {name.lstrip("+"): [value for value in values if value] for name, values in found.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in kept.items() if values}


def check(found: Mapping[str, list[str]], *, immutable: bool = True) -> None:
    """account.INVALID_ATTR_VALUE for a value that its attribute cannot hold; service.INVALID_REQUEST for what only the
    server sets. An empty value, which clears, always passes."""
    for key, values in found.items():
        name = key.lstrip("+-")
        if immutable and name in _IMMUTABLE:
            raise invalid_request(f"{name} is an immutable attribute")
        for value in values:
            if value and not key.startswith("-"):
                _check(name, value)


def _check(name: str, value: str) -> None:
    choices = _CHOICES.get(name)
    default = CLASS_DEFAULTS.get(name)
    if choices:
        good = value in choices
    elif name in _BOOLEANS or default in ("TRUE", "FALSE") or name.endswith("Enabled"):
        good = value in ("TRUE", "FALSE")
    elif name in _MOMENTS:
        good = _MOMENT.match(value) is not None
    elif name in _DURATIONS or (
        isinstance(default, str) and default[-1:] in tuple("smhd") and _DURATION.match(default)
    ):
        good = _DURATION.match(value) is not None
        if good and sum(c.isdigit() for c in value) > 18:
            raise SoapFault("service.FAILURE", f"system failure: For input string: {value[:80]}")
    elif name in _RANGES or (isinstance(default, str) and _NUMBER.match(default)):
        least, most = _RANGES.get(name, (0, 2**63 - 1 if name in _BYTES else 2**31 - 1))
        duration = name.endswith(("Lifetime", "Interval", "Timeout")) and _DURATION.match(value) is not None
        good = duration or (_NUMBER.match(value) is not None and len(value) < 30 and least <= int(value) <= most)
        if good and not duration and str(int(value)) != value:
            # This one passes the server's own table, and fails in its directory.
            raise SoapFault("ldap.INVALID_ATTR_VALUE", f"invalid attr value: {name}={value[:80]}")
    else:
        good = True
    if not good or len(value) > _LONGEST.get(name, len(value)):
        raise SoapFault("account.INVALID_ATTR_VALUE", f"invalid attr value: {name}={value[:80]}")


# --- answers -------------------------------------------------------------------------------------------------------


def known_attributes(account: Account, *, with_class: bool = True) -> Attributes:
    """All that the directory says of an account, preferences included."""
    return {
        **(account.inherited if with_class else {}),
        "zimbraAccountStatus": "active",
        "zimbraMailStatus": "enabled",
        "objectClass": ["inetOrgPerson", "zimbraAccount", "amavisAccount"],
        "cn": account.name.partition("@")[0],
        "sn": account.name.partition("@")[0],
        **account.attrs,
        "mail": [account.name, *account.aliases()] if account.aliases() else account.name,
        "uid": account.name.partition("@")[0],
        "zimbraCOSId": account.class_id,
        "zimbraId": account.id,
        "zimbraMailDeliveryAddress": account.name,
        "zimbraMailHost": HOST,
        "zimbraMailTransport": f"lmtp:{HOST}:7025",
    }


def pairs_of(attrs: Attributes, wanted: Iterable[str] | None = None) -> list[Pair]:
    """The `a n=` list, in order of name; `wanted`: only these."""
    names = sorted(attrs) if wanted is None else sorted(set(wanted) & set(attrs))
    return [(name, value, None) for name in names for value in listed(attrs[name])]


def wanted_names(text: str | None) -> set[str] | None:
    """The names of a list with commas; None when it names none."""
    names = {one.strip() for one in (text or "").split(",")} - {""}
    return names or None
