"""The sample files, one family of oddities each."""

from __future__ import annotations

from bascule.conversions import contacts
from bascule.conversions.model import Item, ItemKind
from tests.bascule.conversions.contact_checks import SAMPLES, check, sample
from tests.each import each


def items(name: str) -> list[Item]:
    return contacts.read(sample(name)).collections[0].items


@each("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_every_sample_is_read_whole_and_reads_back_as_itself(name: str) -> None:
    check(contacts.read(sample(name)))


def test_plain_card_becomes_zimbra_attributes() -> None:
    jean, association = items("01-contacts.vcf")
    assert jean.attributes == {
        "fullName": "Jean-Noël Hoarau",
        "lastName": "Hoarau",
        "firstName": "Jean-Noël",
        "namePrefix": "M.",
        "nickname": "Jeannot",
        "company": "Université de La Réunion",
        "department": "DSI",
        "jobTitle": "Ingénieur, systèmes",
        "email": "jean-noel.hoarau@univ.example",
        "email2": "jnh@example.net",
        "workPhone": "+262 262 00 00 01",
        "homePhone": "+262 262 00 00 02",
        "mobilePhone": "+262 692 00 00 03",
        "workFax": "+262 262 00 00 04",
        "pager": "1234",
        "workStreet": "15 avenue René Cassin",
        "workCity": "Saint-Denis",
        "workPostalCode": "97400",
        "workCountry": "La Réunion",
        "homeStreet": "3 chemin des Fougères",
        "homeCity": "Saint-Leu",
        "homePostalCode": "97436",
        "workURL": "https://univ.example/~jnh",
        "birthday": "1975-04-12",
        "anniversary": "2001-06-30",
        "imAddress1": "aol://jnh974",
        "notes": "Bureau 12\nRappeler le lundi; pas le vendredi\nCatégories : Collègues, DSI",
    }
    assert jean.facts["phones"][0] == {"kind": "travail", "number": "+262 262 00 00 01"}
    assert jean.facts["categories"] == ["Collègues", "DSI"]
    assert association.attributes == {
        "fullName": "contact@association.example",
        "email": "contact@association.example",
    }


def test_groups_hold_addresses_found_through_uids() -> None:
    reading = contacts.read(sample("02-groups.vcf"))
    _, team, empty = reading.collections[0].items
    assert team.kind is ItemKind.GROUP
    assert [(member.address, member.label) for member in team.members] == [
        ("jean-noel.hoarau@univ.example", "Jean-Noël Hoarau"),
        ("externe@example.net", ""),
    ]
    assert team.attributes["type"] == "group"
    assert team.attributes["nickname"] == "Équipe DSI"
    assert team.attributes["fileAs"] == "8:Équipe DSI"
    assert empty.members == ()
    (missing,) = [remark for remark in reading.remarks if remark.code == "member_without_address"]
    assert missing.place == "ligne 37, fiche « Vide »"
    assert missing.original == "urn:uuid:inconnu"


def test_vcard21_leftovers_are_decoded() -> None:
    zoe, francois = items("03-vcard21-leftovers.vcf")
    assert zoe.label == "Zoé Lefèvre"
    assert zoe.attributes["workStreet"] == "12 rue de l'Église\nBât. C"
    assert zoe.attributes["notes"] == "ligne 1\nligne 2"
    assert francois.attributes["firstName"] == "François"


def test_broken_cards_are_all_kept() -> None:
    photo, note, glued, open_ended = items("04-photo-and-broken.vcf")
    assert "PHOTO;ENCODING=b;TYPE=PNG:" in photo.text
    assert photo.photo_type == "image/png"
    assert "photo" not in photo.attributes
    assert note.attributes["notes"] == "première ligne\ndeuxième ligne sans espace ni deux-points"
    assert glued.label == "Paul SansFN"
    assert glued.attributes["workPhone"] == "0262000006"
    assert open_ended.label == "Jamais fermée"


def test_phone_export_with_soft_breaks_and_bare_base64() -> None:
    (zoe,) = items("05-phone-quoted-printable.vcf")
    assert zoe.attributes == {
        "fullName": "Zoé Grégoire",
        "lastName": "Grégoire",
        "firstName": "Zoé",
        "mobilePhone": "0692000001",
        "homeStreet": "3 allée des Cèdres",
        "homeCity": "Le Port",
        "homePostalCode": "97420",
        "birthday": "1978-12-29",
        "notes": "rendez-vous à midi",
    }
    assert zoe.photo_type == "image/jpeg"


def test_agents_become_cards_of_their_own_and_are_named_in_the_note() -> None:
    found = {item.label: item for item in items("06-agents.vcf")}
    assert set(found) == {"Paul Directeur", "Anne Adjoint", "Chef de service", "Luc Suppléant"}
    assert found["Anne Adjoint"].attributes["workPhone"] == "0262000010"
    assert found["Paul Directeur"].attributes["homePhone"] == "0262000011"
    assert found["Paul Directeur"].attributes["notes"] == "Assistant : Anne Adjoint"
    assert found["Luc Suppléant"].attributes["email"] == "luc@univ.example"
    assert found["Chef de service"].attributes["notes"] == "après l'agent\nAssistant : Luc Suppléant"


def test_labels_of_properties_decide_the_kind_or_go_to_the_note() -> None:
    (loic,) = items("07-labels-of-properties.vcf")
    assert loic.attributes["otherPhone"] == "0262000020"
    assert loic.attributes["homeFax"] == "0262000021"
    assert loic.attributes["otherURL"] == "http://www.univ.example/~loic"
    assert loic.attributes["anniversary"] == "2009-08-01"
    assert loic.attributes["imAddress1"] == "other://loic.techer (Skype)"
    assert loic.attributes["workStreet"] == "1 rue Haute\n2e étage"
    assert loic.attributes["notes"].split("\n") == [
        "École : 0262000020",
        "Conjoint : Marie",
        "Date de naissance : 29 février",
        "Réseau social (twitter) : http://twitter.example/loic",
    ]


def test_vcard4_card_and_nested_groups() -> None:
    ines, security, everybody = items("08-vcard4.vcf")
    assert ines.facts["emails"] == ["pro@univ.example", "perso@univ.example"]
    assert ines.attributes["middleName"] == "Marie Anne"
    assert ines.attributes["workPhone"] == "+262-262-00-00-30 poste 12"
    assert ines.attributes["mobilePhone"] == "+262-692-00-00-31"
    assert ines.attributes["department"] == "DSI / Réseau / Sécurité"
    assert ines.photo_type == "image/png"
    assert ines.attributes["notes"].split("\n") == [
        "Autre nom : Ines Dijoux",
        "Genre : féminin",
        "Date de naissance : 12 avril",
        "Langue : fr",
        "Fuseau horaire : Indian/Reunion",
        "Position : -20.88, 55.45",
        "Conjoint : Paul",
        "Adresse : Rectorat",
        "Saint-Denis",
        "Catégories : réseau, amis",
    ]
    addresses = ["pro@univ.example", "dehors@univ.example"]
    assert [member.address for member in security.members] == addresses
    assert [member.address for member in everybody.members] == addresses
    assert everybody.attributes["notes"] == "Téléphone (travail) : 0262000032"


def test_lost_begins_ends_and_folds() -> None:
    reading = contacts.read(sample("09-lost-frames.vcf"))
    start, lines, glued = reading.collections[0].items
    assert (start.label, start.attributes["otherPhone"]) == ("Sans début", "0262000040")
    assert lines.label == "Trois lignes sur la page"
    assert lines.attributes["notes"] == "Voir\nhttps://univ.example/page\nRappel: demain"
    assert lines.attributes["homePhone"] == "0262000041"
    assert (glued.label, glued.attributes["otherPhone"]) == ("Fin collée", "0262000042")
    remarks = {remark.code: remark for remark in reading.remarks}
    assert remarks["empty_card"].place == "ligne 17, fiche « sans contenu »"
    assert "UID:vide" in remarks["empty_card"].original
    assert remarks["stray_lines"].original.split("\n")[0] == "Export du carnet"
    assert "SUMMARY:pas une fiche" in remarks["stray_lines"].original


def test_list_of_addresses_is_a_group() -> None:
    (group,) = items("10-list-of-addresses.vcf")
    assert group.facts["members"] == ["Jean Hoarau <jean@univ.example>", "Paule <paule@univ.example>"]


def test_directory_export_gives_people_and_groups() -> None:
    reading = contacts.read(sample("11-directory.ldif"))
    jean, listed, team = reading.collections[0].items
    assert jean.label == "Jean-Noël Hoarau"
    assert jean.attributes["workCity"] == "Saint-Denis"
    assert jean.attributes["notes"] == "une ligne repliée"
    assert [member.address for member in listed.members] == ["jean@univ.example"]
    assert [member.address for member in team.members] == ["jean@univ.example"]
    assert [remark.original for remark in reading.remarks] == ["Inconnu"]


def test_card_in_json() -> None:
    (gaelle,) = items("12-card.json")
    assert gaelle.label == "Gaëlle; Payet"
    assert gaelle.attributes["namePrefix"] == "Dr Pr"
    assert gaelle.attributes["mobilePhone"] == "+262-692-00-00-60"
    assert gaelle.facts["categories"] == ["a", "b,c"]


def test_card_in_xml() -> None:
    (theo,) = items("13-card.xml")
    assert theo.attributes["lastName"] == "Bègue"
    assert theo.attributes["workPhone"] == "+262-262-00-00-70"
    assert theo.attributes["otherURL"] == "http://univ.example/?a=1&b=2"
    assert theo.attributes["homeCity"] == "Salazie"
