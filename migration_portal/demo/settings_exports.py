"""What people had set up in the old webmail, made up: filters as an administrator takes them out, a signature."""

from __future__ import annotations

import base64

# One value each, in the order in which a directory may well give them: not that in which they run.
_RULES = (
    '# Rule Info: $Order=2 Template=fileinto Name="Réunions"\n'
    'require ["fileinto"];\n'
    'if anyof (header :contains ["Subject"] ["réunion", "ordre du jour"],\n'
    '          header :matches "Subject" "*conseil de classe*") { fileinto "Réunions"; stop; }\n',
    '# Rule Info: $Order=1 Template=discard Name="Loteries"\n'
    'if header :matches "Subject" "*loterie*" { discard; stop; }\n',
    '# Rule Info: $Order=3 Template=file Name="Liste des correspondants"\n'
    'require ["fileinto", "imap4flags"];\n'
    'if address :is ["To", "Cc"] "correspondants@ac-reunion.fr" '
    '{ addflag "\\\\Flagged"; fileinto "Listes/Correspondants"; }\n',
    '# Rule Info: $Order=4 Template=forward Name="Copie à la maison"\n'
    'if header :contains "From" "direction" { redirect "perso@exemple.net"; keep; }\n',
    '# Rule Info: $Order=5 Template=vacation Name="Absence"\n'
    'require ["vacation"];\n'
    'vacation :days 7 :subject "Absence" "Je suis en formation. Votre message sera lu à mon retour.";\n',
    '# Rule Info: $Order=6 Template=size Name="Gros fichiers"\n'
    'require ["fileinto"];\n'
    'if allof (size :over 5M, not header :contains "From" "@ac-reunion.fr") { fileinto "À trier/Volumineux"; }\n',
    '# Rule Info: $Order=0 Template=fileinto Name="Ancien projet"\n'
    'require ["fileinto"];\n'
    'if header :contains "Subject" "[projet-2019]" { fileinto "Archives/Projet 2019"; }\n',
)


def filters(login: str) -> bytes:
    """The entry of one person as an LDIF with seven rules: one of them off, one forbidden now, one an absence."""
    lines = [f"dn: uid={login},ou=People,o=ac-reunion.fr,o=isp"]
    lines += [f"mailSieveRuleSource:: {base64.b64encode(rule.encode()).decode()}" for rule in _RULES]
    return ("\n".join(lines) + "\n").encode()


def signature(name: str, place: str) -> bytes:
    """A signature.html as a word processor leaves it, with a picture that is elsewhere."""
    return (
        '<html><head><meta charset="utf-8"><style>p.MsoNormal{margin:0cm;font-family:Calibri}</style></head><body>'
        f'<p class="MsoNormal"><b><span style="color:#000091">{name}</span></b></p>'
        f'<p class="MsoNormal">{place}<o:p></o:p></p>'
        '<p class="MsoNormal"><a href="https://www.ac-reunion.fr/">www.ac-reunion.fr</a></p>'
        '<p><img src="https://www.ac-reunion.fr/logo.png" alt="Académie de La Réunion" width="160"></p>'
        '<script>document.title = "signature"</script></body></html>'
    ).encode()
