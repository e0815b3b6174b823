"""Scripts written by hand in Convergence's forms, one feature or trap each, which convert without a difference."""

from __future__ import annotations

_CONDITIONS = {
    "subject-contains": 'header :contains "Subject" "réunion"',
    "subject-is": 'header :is "subject" "Bonjour"',
    "subject-matches": 'header :matches "Subject" "[DSI]*"',
    "matches-everything": 'header :matches "Subject" "*"',
    "matches-escaped-stars": r'header :matches "Subject" "\\*\\*\\* urgent \\?*"',
    "matches-question-marks": 'header :matches "Subject" "note ???"',
    "contains-star": 'header :contains "Subject" "*promo*"',
    "contains-space-at-the-ends": 'header :contains "Subject" " et "',
    "contains-nothing": 'header :contains "X-Spam-Flag" ""',
    "quotes-and-backslashes": r'header :contains "Subject" "dit \"C:\\\\temp\" a\\b"',
    "is-with-backslash": r'header :is "Subject" "a\\b"',
    "percent-and-entities": 'header :contains "Subject" "50 % & plus <b>"',
    "several-headers": 'header :contains ["To", "Cc", "Bcc"] "dsi@listes.academie.example"',
    "several-values": 'header :is "Subject" ["Été", "Hiver", "automne"]',
    "several-of-both": 'header :contains ["Subject", "Comments"] ["note", "circulaire"]',
    "comma-in-value": 'header :contains "Subject" "salle A, salle B"',
    "not-several-of-both": 'not header :contains ["Subject", "Comments"] ["note", "circulaire"]',
    "not-not": 'not not header :contains "Subject" "note"',
    "octet": 'header :comparator "i;octet" :contains "Subject" "URGENT"',
    "casemap-said": 'header :comparator "i;ascii-casemap" :is "Subject" "Urgent"',
    "from-is": 'header :is "From" "chef@academie.example"',
    "sender-list": 'header :is "Sender" "owner-dsi@listes.academie.example"',
    "list-id": 'header :contains "List-Id" "<dsi.listes.academie.example>"',
    "x-header": 'header :is "X-Spam-Level" "*****"',
    "address-is": 'address :is "From" "chef@academie.example"',
    "address-all": 'address :all :contains ["To", "Cc"] "listes."',
    "address-domain": 'address :domain :is "From" "educ.example"',
    "address-localpart": 'address :localpart :is ["From", "Reply-To"] ["ne-pas-repondre", "noreply"]',
    "address-matches": 'address :domain :matches "From" "*.academie.example"',
    "address-octet": 'address :comparator "i;octet" :localpart :is "From" "Chef"',
    "envelope-from": 'envelope :is "from" "robot@educ.example"',
    "envelope-domain": 'envelope :domain :is "from" "educ.example"',
    "envelope-both": 'envelope :all :contains ["from", "to"] "dsi"',
    "envelope-empty": 'envelope :is "from" ""',
    "is-nothing": 'header :is "Subject" ""',
    "matches-stars": 'header :matches "Subject" "**a**b**"',
    "resent": 'address :is ["Resent-From", "Resent-To"] "a@b.example"',
    "count-above": 'header :count "gt" :comparator "i;ascii-numeric" "To" "1"',
    "value-below": 'header :value "lt" "Subject" "m"',
    "lists-in-allof": (
        'allof (header :contains ["To", "Cc"] ["x@y.example", "z@y.example"], header :contains "Subject" ["a1", "b2"],'
        ' not header :is "From" ["c@d.example", "e@f.example"])'
    ),
    "sixty-values": 'header :contains "Subject" [' + ", ".join(f'"mot{number}"' for number in range(60)) + "]",
    "pairs": (
        "anyof (" + ", ".join(f'allof (header :is "X-A" "{one}", header :is "X-B" "{one}")' for one in "abcdefgh") + ")"
    ),
    "envelope-to": 'envelope :localpart :contains "to" "dsi"',
    "exists-one": 'exists "X-Spam-Flag"',
    "exists-several": 'exists ["List-Id", "X-Spam-Flag"]',
    "not-exists-several": 'not exists ["List-Id", "X-Spam-Flag"]',
    "size-over": "size :over 10K",
    "size-under": "not size :under 2000",
    "size-megabyte": "size :over 1M",
    "size-between": "allof (size :over 2K, size :under 4K)",
    "body": 'body :contains "se désinscrire"',
    "not-body": 'allof (header :contains "Subject" "info", not body :contains "confidentiel")',
    "true": "true",
    "anyof-of-one": 'anyof (header :contains "Subject" "note")',
    "allof-two": 'allof (header :contains "From" "chef", header :contains "Subject" "note")',
    "anyof-in-allof": (
        'allof (anyof (header :is "From" "a@b.example", header :is "To" "c@d.example"), size :over 3000)'
    ),
    "allof-in-anyof": (
        'anyof (allof (header :is "From" "a@b.example", header :is "To" "c@d.example"), exists "X-Spam-Flag")'
    ),
    "not-anyof": 'not anyof (header :contains "Subject" "note", header :contains "Subject" "info")',
    "not-allof": 'not allof (header :contains "Subject" "note", header :contains "From" "chef")',
    "three-deep": (
        'anyof (allof (header :contains "Subject" "a1", anyof (header :contains "From" "b1", not exists "Cc")),'
        ' allof (header :contains "Subject" "a2", header :contains "To" "c2"))'
    ),
}
_ACTIONS = {
    "fileinto": 'fileinto "Listes/DSI";',
    "fileinto-stop": 'fileinto "Listes/DSI"; stop;',
    "fileinto-inbox": 'fileinto "INBOX"; stop;',
    "fileinto-accents": 'fileinto "Élèves/Été & hiver"; stop;',
    "fileinto-utf7": 'fileinto "&AMk-l&AOg-ves"; stop;',
    "fileinto-below-inbox": 'fileinto "INBOX/Suivi"; stop;',
    "fileinto-two": 'fileinto "Un"; fileinto "Deux"; stop;',
    "fileinto-same-twice": 'fileinto "Un"; fileinto "Un"; stop;',
    "fileinto-copy": 'fileinto :copy "Un"; stop;',
    "fileinto-copy-and-move": 'fileinto :copy "Un"; fileinto "Deux"; stop;',
    "fileinto-move-and-copy": 'fileinto "Un"; fileinto :copy "Deux"; stop;',
    "fileinto-copy-and-discard": 'fileinto :copy "Un"; discard; stop;',
    "fileinto-and-keep": 'fileinto "Un"; keep; stop;',
    "keep": "keep; stop;",
    "keep-flags": 'keep :flags "\\\\Flagged"; stop;',
    "discard": "discard; stop;",
    "discard-and-file": 'discard; fileinto "Un"; stop;',
    "discard-and-keep": "keep; discard; stop;",
    "stop-alone": "stop;",
    "stop-first": 'stop; fileinto "Jamais";',
    "seen": 'addflag "\\\\Seen"; fileinto "Un"; stop;',
    "flagged-and-kept": 'addflag "\\\\Flagged";',
    "both-flags": 'addflag ["\\\\Seen", "\\\\Flagged"]; fileinto "Un"; stop;',
    "flags-in-one-string": 'addflag "\\\\Seen \\\\Flagged"; fileinto "Un"; stop;',
    "flags-of-fileinto": 'fileinto :flags "\\\\Seen" "Un"; stop;',
    "set-flag": 'addflag "\\\\Seen"; setflag "\\\\Flagged"; fileinto "Un"; stop;',
    "remove-flag": 'addflag ["\\\\Seen", "\\\\Flagged"]; removeflag "\\\\Seen"; fileinto "Un"; stop;',
    "keyword": 'addflag "projet"; fileinto "Un"; stop;',
    "flag-after-filing": 'fileinto "Un"; addflag "\\\\Seen"; stop;',
    "flag-and-discard": 'addflag "\\\\Seen"; discard; stop;',
    "mark": "mark; keep; stop;",
    "reject": 'reject "Message refusé."; stop;',
    "reject-dots": "reject text:\n.voir plus bas\n..fin\n\nMerci\n.\n; stop;",
    "ereject": 'ereject "Boîte fermée"; stop;',
    "nested-if": 'if header :contains "Subject" "note" { fileinto "Notes"; stop; } fileinto "Autres";',
    "nested-else": 'if size :over 5K { discard; } else { fileinto "Petits"; } stop;',
    "nested-after": 'fileinto "Un"; if exists "X-Spam-Flag" { stop; } fileinto "Deux"; stop;',
}
_ELSE = {
    "elsif-else": (
        'if header :contains "Subject" "un" { fileinto "Un"; } elsif header :contains "Subject" "deux"'
        ' { fileinto "Deux"; stop; } else { keep; }\nif size :over 3K { fileinto "Gros"; }'
    ),
    "elsif-overlap": (
        'if anyof (header :contains "Subject" "un", exists "X-Spam-Flag") { discard; }'
        ' elsif allof (header :contains "From" "chef", size :over 3K) { fileinto "Chef"; }'
        ' elsif header :contains "Subject" "un et deux" { fileinto "Jamais"; } else { stop; } fileinto "Fin";'
    ),
    "flag-of-an-earlier-rule": (
        'if header :contains "Subject" "un" { addflag "\\\\Seen"; }\n'
        'if header :contains "Subject" "deux" { fileinto "Deux"; stop; }'
    ),
    "flags-of-branches": (
        'if header :contains "Subject" "un" { addflag "\\\\Seen"; } elsif header :contains "Subject" "deux"'
        ' { addflag "\\\\Flagged"; fileinto "Deux"; } else { fileinto "Reste"; stop; }'
    ),
    "actions-between": (
        'if header :contains "Subject" "un" { discard; } fileinto "Deux";\n'
        'if header :contains "Subject" "un et" { keep; stop; } discard;'
    ),
    "encoded-characters": (
        'require ["encoded-character", "fileinto"];\nif header :contains "Subject" "${unicode:e9}t${hex:41}"'
        ' { fileinto "Un"; }'
    ),
    "no-condition": 'fileinto "Tout"; stop;',
    "keep-without-condition": "keep;",
    "empty-block": 'if header :contains "Subject" "un" { } elsif header :contains "Subject" "deux" { discard; }',
    "unordered-after-ordered": (
        '# Rule Info: $Order=1 Name="Un"\nif header :contains "Subject" "un" { fileinto "Un"; stop; }\n'
        '# Rule Info: $Order=2 Name="Deux"\nif header :contains "Subject" "deux" { fileinto "Deux"; stop; }\n'
        '# Rule Info: Name="Trois"\nif header :contains "Subject" "trois" { fileinto "Trois"; stop; }\n'
    ),
    "disabled-between": (
        '# Rule Info: $Order=1 Name="Un"\nif header :contains "Subject" "un" { fileinto "Un"; stop; }\n'
        '# Rule Info: $Order=0 Name="Deux"\nif header :contains "Subject" "un" { discard; stop; }\n'
        '# Rule Info: $Order=3 Name="Un"\nif header :contains "Subject" "un" { fileinto "Trois"; stop; }\n'
    ),
    "require-in-the-middle": (
        'require "fileinto";\nif header :contains "Subject" "un" { fileinto "Un"; stop; }\n'
        'require ["reject", "imap4flags"];\nif size :over 5K { reject "Trop gros"; stop; }\n'
    ),
    "jettison": 'if header :contains "Subject" "loterie" { jettison; }\nfileinto "Reste";',
    "imapflags": (
        'require ["imapflags", "fileinto"];\n'
        'if header :contains "Subject" "un" { addflag "\\\\Flagged"; fileinto "Un"; }'
    ),
    "comments-everywhere": (
        '/* filtre de\n # Rule Info: $Order=0\n la DSI */ require "fileinto"; # vrai\n'
        'if header :contains /* ici */ "Subject" # là\n "un # pas un commentaire" { fileinto "Un"; /* fin */ stop; }\n'
    ),
    "comment-in-a-text": (
        '# Rule Info: $Order=3 Name="Gros"\nif size :over 3K { reject text:\nPas de pub.\n'
        '#RULE: $Name="Autre" $Order=0\n.\n; stop; }\n# Rule Info: $Order=4\nfileinto "Suite";\n'
    ),
    "crlf": 'require "fileinto";\r\nif header :contains "Subject" "un"\r\n{\r\n  fileinto "Un";\r\n}\r\n',
}
# Conditions with an action that shows them, actions behind a condition, and the rest as it is.
EXACT: dict[str, str] = {
    **{f"test-{name}": f'if {test} {{ fileinto "Trouvé"; stop; }}\n' for name, test in _CONDITIONS.items()},
    **{
        f"action-{name}": f'if header :contains "Subject" "essai" {{ {text} }}\nfileinto "Suite";\n'
        for name, text in _ACTIONS.items()
    },
    **_ELSE,
}

_CALL = 'if header :contains "Subject" "essai" '
# Scripts with what the academy's policy or Zimbra's filters do not allow, and the commands that are to go from them.
FORBIDDEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "redirect-alone": (_CALL + '{ redirect "perso@ailleurs.example"; }', ("redirect",)),
    "redirect-and-stop": (
        _CALL + '{ redirect "perso@ailleurs.example"; stop; }\nif size :over 600 { fileinto "Suite"; }',
        ("redirect",),
    ),
    "redirect-and-keep": (_CALL + '{ redirect "perso@ailleurs.example"; keep; }', ("redirect",)),
    "redirect-copy": (_CALL + '{ redirect :copy "perso@ailleurs.example"; }', ("redirect",)),
    "redirect-and-file": (_CALL + '{ redirect "perso@ailleurs.example"; fileinto "Un"; stop; }', ("redirect",)),
    "redirect-and-flag": (
        _CALL + '{ addflag "\\\\Seen"; redirect "perso@ailleurs.example"; fileinto "Un"; stop; }',
        ("redirect",),
    ),
    "redirect-everything": ('redirect "perso@ailleurs.example"; keep;', ("redirect",)),
    "redirect-in-a-branch": (
        _CALL + '{ redirect "perso@ailleurs.example"; } elsif size :over 3K { fileinto "Gros"; } else { keep; }',
        ("redirect",),
    ),
    "redirect-and-discard": (_CALL + '{ redirect "direction@academie.example"; discard; }', ("redirect", "discard")),
    "vacation": ('vacation :days 7 :addresses ["marie.payet@academie.example"] "De retour le 15.";', ("vacation",)),
    "vacation-and-file": (_CALL + '{ fileinto "Un"; vacation :subject "Absente" "Le 15."; }', ("vacation",)),
    "notify": (
        'require ["enotify", "fileinto"];\n' + _CALL + '{ notify :message "Vu" "mailto:x@y.example"; fileinto "Un"; }',
        ("notify",),
    ),
    "notify-draft": (
        'require ["notify", "fileinto"];\n' + _CALL + '{ fileinto "Un"; notify :method "mailto" :message "Vu"; stop; }',
        ("notify",),
    ),
}
_GUARDED = {
    "false": "false",
    "dollar-braces": 'header :contains "Subject" "prix ${montant} TTC"',
    "dollar-braces-beside": 'anyof (header :contains "Subject" "le ${jour} a", header :contains "Subject" "note")',
    "regex": 'header :regex "Subject" "^note [0-9]+$"',
    "regex-plain": 'header :regex "Subject" "note"',
    "regex-anchored": 'header :regex "Subject" "^note de service"',
    "regex-beside": 'allof (header :regex "Subject" "^n.te [0-9]+$", header :contains "From" "chef")',
    "regex-or": 'anyof (header :regex "Subject" "^n.te [0-9]+$", header :contains "From" "chef")',
    "regex-denied": 'not header :regex "Subject" "^n.te [0-9]+$"',
    "user": 'address :user :is "To" "jo"',
    "detail": 'address :detail :is "To" "notes"',
    "count": 'header :count "ge" :comparator "i;ascii-numeric" "Received" "3"',
    "count-addresses": 'address :count "gt" :comparator "i;ascii-numeric" ["To", "Cc"] "2"',
    "value": 'header :value "ge" :comparator "i;ascii-numeric" "X-Spam-Score" "5"',
    "body-raw": 'body :raw :contains "facture"',
    "body-content": 'body :content "text" :contains "facture"',
    "body-is": 'body :is "facture"',
    "body-matches": 'body :matches "*facture*"',
    "body-matches-inside": 'body :matches "*facture*jointe*"',
    "date": 'date :value "ge" "date" "date" "2025-09-04"',
    "date-zone": 'date :zone "+0200" :is "date" "weekday" "4"',
    "currentdate": 'currentdate :value "ge" "date" "2020-01-01"',
    "currentdate-between": (
        'allof (currentdate :value "ge" "date" "2020-01-01", currentdate :value "le" "date" "2020-02-01")'
    ),
    "currentdate-weekday": 'currentdate :is "weekday" ["0", "6"]',
    "duplicate": "duplicate",
    "environment": 'environment :contains "domain" "example"',
    "mailbox": 'mailboxexists "Un"',
    "octet-numeric": 'header :comparator "i;ascii-numeric" :is "X-Spam-Score" "5"',
    "hasflag": 'hasflag "\\\\Seen"',
}
_REQUIRED = (
    'require ["regex", "subaddress", "relational", "comparator-i;ascii-numeric", "body", "date", "duplicate",'
    ' "environment", "mailbox", "imap4flags", "fileinto"];\n'
)
_VARIABLES = _REQUIRED.replace("[", '["variables", ')
# One rule each: in the new mailbox it does what it did, or nothing at all.
UNSURE: dict[str, str] = {
    **{name: f'{_REQUIRED}if {test} {{ fileinto "Trouvé"; stop; }}\n' for name, test in _GUARDED.items()},
    "variable-constant": _VARIABLES + 'set "ou" "Notes";\nif header :contains "Subject" "note" { fileinto "${ou}"; }\n',
    "variable-matched": _VARIABLES + 'if header :matches "Subject" "[*]*" { fileinto "${1}"; stop; }\n',
    "create": _REQUIRED + _CALL + '{ fileinto :create "Un"; stop; }\n',
}
