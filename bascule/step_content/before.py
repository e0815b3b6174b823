"""Texts of the six steps before the move."""

from __future__ import annotations

from bascule.step_content.content import Content, Path, Problem

_OPEN_OLD = "Ouvrez {portal}, puis votre messagerie {old}."

BEFORE: dict[str, Content] = {
    "capture-filters": Content(
        why=(
            "Vos règles de filtrage, par exemple « ranger les messages du rectorat dans tel dossier », ne suivent pas "
            "le transfert, et {old} ne sait pas les exporter. Relevez-les ici tant que vous y avez accès : ce portail "
            "vous dit ce que chacune fera dans la nouvelle messagerie, et les y remettra pour vous.",
            "Si vous n’avez jamais créé de règle dans {old}, cette étape ne vous concerne pas.",
        ),
        old=Path(
            (
                _OPEN_OLD,
                "En bas à gauche, cliquez sur **Options**.",
                "Ouvrez **Filtres de messagerie** : vos règles apparaissent dans leur ordre d’exécution.",
                "Sélectionnez une règle, cliquez sur **Modifier**, et lisez ses conditions et ses actions.",
                "Recopiez-les dans le formulaire « Ajouter une règle » de ce portail, puis passez à la règle suivante.",
            ),
            "Gardez l’ordre des règles : il décide du résultat quand deux règles visent le même message.",
        ),
        new=Path(
            (
                "Après le transfert, **Mes filtres** les compare à ce que contient Zimbra et les y envoie.",
                "Vous les retrouverez alors dans **Préférences**, rubrique **Filtres**.",
                "Chacune réunit des conditions et des actions, est active ou non, et appartient aux messages entrants "
                "ou aux messages sortants.",
            ),
            "Rien à faire de ce côté avant le transfert.",
        ),
        problems=(
            Problem(
                "Je ne trouve pas mes règles dans {old}.",
                "Elles ne s’affichent que dans la version web, sur un ordinateur. Si vos règles ont été créées dans "
                "Thunderbird, elles y restent : cette étape ne vous concerne pas.",
            ),
            Problem(
                "J’en ai trop pour tout recopier.",
                "Commencez par celles qui servent encore. Pour une longue liste, demandez à l’assistance ({help}) : "
                "un administrateur peut extraire vos règles en une fois. Collez ou déposez ici le texte qu’il vous "
                "remet.",
            ),
            Problem(
                "Une de mes règles renvoie mes messages vers une autre adresse.",
                "La redirection automatique vers un autre service n’existe pas sur la messagerie nationale : laissez "
                "cette règle de côté, ou relevez-la pour lire ce qui peut la remplacer.",
            ),
            Problem(
                "Le dossier que vise une règle existera-t-il encore ?",
                "Oui : vos dossiers et leurs messages sont transférés sous le même nom. Notez le nom exact du dossier.",
            ),
        ),
        note_hint="Pour chaque règle : son nom, ses conditions (expéditeur, objet, destinataire…), ce qu’elle fait "
        "(ranger dans tel dossier, marquer comme lu…), et si elle est active.",
    ),
    "export-calendar": Content(
        why=(
            "Vos rendez-vous et vos tâches ne sont pas transférés. {old} sait les enregistrer dans un fichier ; ce "
            "portail le relit, répare ce qui peut l’être, et l’importera pour vous le moment venu.",
            "Si vous n’utilisez pas l’agenda de {old}, cette étape ne vous concerne pas.",
        ),
        old=Path(
            (
                _OPEN_OLD,
                "Dans le calendrier, cliquez sur l’icône **Importer/Exporter** des actions rapides, "
                "puis sur **Exporter**.",
                "La fenêtre **Exporter des événements et des tâches** propose le calendrier affiché. Pour en prendre "
                "un autre, cliquez sur **Sélectionner**.",
                "Laissez les dates vides pour tout emporter.",
                "Cliquez sur **OK** : un fichier « .ics » est téléchargé.",
                "Recommencez pour chaque calendrier, puis déposez les fichiers ici.",
            ),
        ),
        new=Path(
            (
                "Après le transfert, vous choisirez le calendrier d’arrivée dans ce portail, puis l’import se fera "
                "tout seul.",
                "Vos tâches iront dans une liste de tâches.",
            ),
            "Personne ne recevra d’invitation à cause de votre import.",
        ),
        problems=(
            Problem(
                "Le fichier téléchargé est introuvable.",
                "Cherchez dans le dossier « Téléchargements » de votre ordinateur un nom qui finit par « .ics », "
                "ou refaites l’export : il ne modifie rien dans {old}.",
            ),
            Problem(
                "Le fichier est presque vide.",
                "Des dates étaient sans doute remplies : seuls les événements entre ces dates sont pris. Recommencez "
                "en les laissant vides, et vérifiez le calendrier sélectionné.",
            ),
            Problem(
                "Mes rendez-vous de l’année prochaine manquent.",
                "C’est le même effet des dates. Un nouvel export peut être déposé à tout moment : ce qui est déjà là "
                "ne sera pas ajouté deux fois.",
            ),
            Problem(
                "J’ai ajouté des rendez-vous après mon export.",
                "Exportez et déposez de nouveau la veille du transfert : seuls les nouveaux seront ajoutés.",
            ),
        ),
    ),
    "export-contacts": Content(
        why=(
            "Vos carnets d’adresses personnels ne sont pas transférés. Exportez-les de {old}, un fichier par carnet, "
            "et déposez-les ici : ils seront relus, réparés au besoin, et prêts à importer.",
            "L’annuaire des agents, lui, existe déjà sur la messagerie nationale : inutile de l’exporter.",
        ),
        old=Path(
            (
                _OPEN_OLD,
                "Ouvrez le carnet d’adresses et sélectionnez le carnet à emporter.",
                "Cliquez sur **Import / exporter**, puis choisissez **Exporter**.",
                "Prenez le format **vCard3.0** et cliquez sur **Exporter les contacts**.",
                "Un fichier « .vcf » est téléchargé. Recommencez pour chacun de vos carnets, puis déposez les "
                "fichiers ici.",
            ),
        ),
        new=Path(
            (
                "Après le transfert, vous choisirez ici le carnet d’arrivée, existant ou nouveau.",
                "Un contact déjà présent n’est pas ajouté une seconde fois.",
            ),
        ),
        problems=(
            Problem(
                "Plusieurs formats me sont proposés.",
                "Prenez « vCard3.0 » : c’est celui qui garde le plus d’informations et que ce portail lit.",
            ),
            Problem(
                "Le fichier s’ouvre dans un autre logiciel au lieu d’être enregistré.",
                "Faites un clic droit sur le téléchargement, puis « Afficher dans le dossier ». Déposez le fichier "
                "sans l’ouvrir ni l’enregistrer à nouveau : vous risqueriez d’abîmer les accents.",
            ),
            Problem(
                "Il manque un de mes carnets.",
                "L’export ne prend que le carnet sélectionné. Revenez dans {old} et exportez l’autre carnet.",
            ),
            Problem(
                "Mes contacts sont dans Thunderbird ou dans mon téléphone.",
                "Ils y restent et ne sont pas touchés par le transfert. Vous pouvez aussi les exporter au format "
                "vCard et déposer le fichier ici.",
            ),
        ),
    ),
    "save-signature": Content(
        why=(
            "La signature que vous aviez réglée dans {old} n’est pas transférée. Collez-la ici avec sa mise en forme : "
            "après votre bascule, un clic la remettra en place dans Zimbra.",
            "Si vous signez à la main, ou depuis Thunderbird seulement, cette étape ne vous concerne pas.",
        ),
        old=Path(
            (
                _OPEN_OLD,
                "Commencez un nouveau message : votre signature s’affiche en bas.",
                "Sélectionnez-la en entier et copiez-la avec **Ctrl + C**.",
                "Ici, cliquez sur **Écrire ou coller**, collez-la dans le cadre avec **Ctrl + V**, puis enregistrez.",
                "Fermez le message sans l’envoyer.",
            ),
            "Couleurs, liens et images suivent. Pour chaque image, le portail vous demande si elle doit rester.",
        ),
        new=Path(
            (
                "Vous recréerez votre signature dans **Préférences**, rubrique **Signatures**.",
                "Personnels du rectorat : le fichier « signature.html » de votre lecteur personnel se dépose tel quel.",
            ),
        ),
        problems=(
            Problem(
                "Ma signature perd ses couleurs quand je la colle ici.",
                "Seul le texte a été copié. Sélectionnez-la de nouveau dans le message, et non dans un aperçu, ou "
                "partez du modèle de l’académie.",
            ),
            Problem(
                "Aucune signature n’apparaît dans un nouveau message.",
                "Vous n’en aviez pas réglé dans {old} : marquez l’étape « Non concerné ».",
            ),
            Problem(
                "Ma signature contient une image.",
                "Elle vient avec le collage quand la messagerie le permet. Sinon, faites un clic droit sur l’image, "
                "« Enregistrer l’image sous… », et ajoutez le fichier sur la page de la signature.",
            ),
        ),
        note_hint="Le texte de votre signature, ligne par ligne.",
    ),
    "note-boxes": Content(
        why=(
            "Aujourd’hui, une boîte fonctionnelle s’ouvre avec un mot de passe partagé. Après le transfert, plus "
            "personne ne s’y connecte : vous y accédez depuis votre propre boîte, parce qu’un propriétaire vous en a "
            "donné le droit.",
            "Notez les boîtes qui vous servent : vous pourrez vérifier ensuite qu’il n’en manque aucune.",
        ),
        old=Path(
            (
                "Passez en revue les boîtes que vous ouvrez dans {old}, avec leur propre identifiant.",
                "Regardez aussi la liste des comptes de Thunderbird et de votre téléphone.",
                "Cochez-les sur cette page ; ajoutez dans les notes celles qui ne sont pas proposées.",
            ),
        ),
        new=Path(
            (
                "Chaque boîte partagée apparaîtra comme un sous-dossier de votre messagerie, avec son carnet "
                "d’adresses, son calendrier et ses tâches.",
                "Vous y serez **propriétaire**, **membre** ou **membre (lecture seule)**.",
            ),
            "La direction et les propriétaires recensent les accès dans ce portail avant le transfert : signalez-leur "
            "vos besoins dès maintenant. Ils voient aussi qui a coché chaque boîte.",
        ),
        problems=(
            Problem(
                "Je ne sais pas qui est propriétaire d’une boîte.",
                "Dans un établissement ou un service, c’est par défaut la personne qui le dirige. Pour une autre "
                "boîte, demandez à l’assistance ({help}).",
            ),
            Problem(
                "Une boîte que j’utilise n’est pas proposée.",
                "Seules les boîtes de votre établissement ou service sont listées. Écrivez l’adresse des autres dans "
                "vos notes.",
            ),
            Problem(
                "Un collègue de la collectivité utilise une boîte de l’établissement.",
                "Il lui faudra un compte nominatif, à demander à l’assistance ({help}), avant de pouvoir y accéder.",
            ),
            Problem(
                "Des filtres trient le courrier de cette boîte.",
                "Les filtres ne fonctionnent pas aujourd’hui sur les boîtes partagées : prévoyez avec votre équipe "
                "une autre façon de répartir le courrier.",
            ),
        ),
        note_hint="Une adresse par ligne pour les boîtes qui ne sont pas dans la liste, avec ce que vous y faites.",
    ),
    "note-devices": Content(
        why=(
            "Thunderbird, votre téléphone, votre tablette : tout ce qui relève vos messages devra être reconfiguré "
            "après le transfert, car les serveurs changent et chaque appareil aura son propre mot de passe.",
            "En faire la liste maintenant évite l’appareil oublié, qui réclamera sans fin votre mot de passe.",
        ),
        old=Path(
            (
                "Pour chaque ordinateur, téléphone ou tablette, regardez si la messagerie académique y est réglée.",
                "Notez l’appareil, l’application et ce qui est synchronisé : messages, calendrier, contacts.",
                "Dans Thunderbird, ouvrez **Paramètres des comptes** puis **Paramètres serveur** et notez le type de "
                "serveur : IMAP ou POP.",
            ),
            "En POP, vos anciens messages ne sont que sur votre ordinateur : notez-le bien.",
        ),
        new=Path(
            (
                "Après le transfert, cette liste s’affichera à côté des réglages exacts de chaque appareil.",
                "Vous créerez un mot de passe d’application par appareil.",
            ),
            "Sur un téléphone, vous pourrez aussi ouvrir {webmail} dans le navigateur, sans rien régler.",
        ),
        problems=(
            Problem(
                "Thunderbird indique « POP ».",
                "Vos messages sont enregistrés sur cet ordinateur et ne seront pas transférés. Il faudra les recopier "
                "à la main dans la nouvelle boîte : ne supprimez pas le compte avant.",
            ),
            Problem(
                "Je ne sais plus si mon téléphone relève ma messagerie.",
                "Ouvrez ses réglages, rubrique des comptes, et cherchez votre adresse académique ou le serveur "
                "{old_imap}.",
            ),
            Problem(
                "J’utilise seulement la version web.",
                "Vous n’avez rien à reconfigurer : marquez l’étape « Non concerné ».",
            ),
        ),
        note_hint="Exemple : PC du bureau, Thunderbird, IMAP. Téléphone personnel, application Gmail, messages seuls.",
    ),
}
