"""Texts of the seven steps after the move."""

from __future__ import annotations

from bascule.step_content.content import Content, Path, Problem

_OPEN_NEW = "Ouvrez la messagerie nationale depuis {portal}, ou à l’adresse {webmail}"

AFTER: dict[str, Content] = {
    "check-mailbox": Content(
        why=(
            "Vos dossiers et vos messages ont été transférés pour vous. Vous seul savez ce qui devait s’y trouver : "
            "ouvrez votre nouvelle boîte et parcourez-la. C’est la seule étape que personne ne peut passer.",
        ),
        old=Path(
            (
                "Si {old} est encore ouvert, affichez-le dans un second onglet pour comparer les dossiers.",
                "Repérez vos dossiers les plus anciens et ceux qui contiennent le plus de messages.",
            ),
            "L’ancien service ferme après le transfert : il se peut qu’il ne réponde déjà plus.",
        ),
        new=Path(
            (
                "Ouvrez {portal} et actualisez la page, pour que la nouvelle icône apparaisse.",
                "Cherchez « messagerie nationale » dans la recherche d’applications ; ajoutez-la à vos favoris si vous "
                "le souhaitez, puis ouvrez-la. Votre identifiant et votre mot de passe ne changent pas.",
                "Dépliez chaque dossier et ouvrez un message ancien et un message récent, avec leurs pièces jointes.",
                "Vérifiez aussi **Envoyé** et **Brouillons**.",
            ),
        ),
        problems=(
            Problem(
                "L’icône n’apparaît pas dans {portal}.",
                "Actualisez la page (touche F5), ou déconnectez-vous puis reconnectez-vous. Vous pouvez aussi ouvrir "
                "directement {webmail}",
            ),
            Problem(
                "Un dossier ou des messages manquent.",
                "Notez sur cette page le nom du dossier et une date, puis transmettez-les à l’assistance ({help}). Un "
                "message supprimé par erreur peut être restauré pendant 60 jours.",
            ),
            Problem(
                "Les dates diffèrent de celles de Thunderbird.",
                "C’est normal : la version web affiche la date de réception, Thunderbird la date d’envoi.",
            ),
            Problem(
                "Mes messages relevés en POP n’y sont pas.",
                "Ils ne se trouvent que sur l’ordinateur qui les relevait. Il faudra les recopier à la main depuis "
                "Thunderbird, une fois le nouveau compte réglé.",
            ),
            Problem(
                "Ma boîte est-elle presque pleine ?",
                "Vous disposez désormais de 20 Go. Supprimer des messages inutiles et vider la corbeille libère "
                "de la place.",
            ),
        ),
        note_hint="Ce qui manque ou qui vous étonne : nom du dossier, date, expéditeur.",
    ),
    "check-boxes": Content(
        why=(
            "Les boîtes fonctionnelles sont devenues des boîtes partagées : elles s’affichent dans votre propre "
            "messagerie. Le portail liste ci-dessous celles auxquelles vous avez accès, et ce qui manque par rapport à "
            "ce que vous aviez noté.",
        ),
        old=Path(
            (
                "L’identifiant et le mot de passe partagés d’une boîte ne servent plus.",
                "Retirez ces boîtes des comptes de Thunderbird : vous les retrouverez sous votre compte nominatif.",
            ),
        ),
        new=Path(
            (
                _OPEN_NEW,
                "Dans la liste de gauche, cherchez vos boîtes parmi les sous-dossiers de votre messagerie : chacune "
                "vient avec son carnet d’adresses, son calendrier et ses tâches.",
                "Pour la liste complète, avec votre rôle, ouvrez **Préférences**, rubrique **Comptes**, et descendez "
                "jusqu’à la gestion des boîtes fonctionnelles.",
                "L’icône en forme d’œil affiche ou cache une boîte, sans toucher à vos droits.",
            ),
            "Les filtres ne fonctionnent pas aujourd’hui sur les boîtes partagées : convenez avec votre équipe de qui "
            "range les messages.",
        ),
        problems=(
            Problem(
                "Une boîte ne s’affiche pas.",
                "Regardez d’abord si elle est masquée : la colonne « Chemin » de « Mes boîtes », dans ce portail, "
                "indique alors « Masqué », et un bouton la réaffiche. Sinon, demandez l’accès à un propriétaire : "
                "son nom est écrit sur cette page.",
            ),
            Problem(
                "Le propriétaire ne peut pas m’ajouter.",
                "Il ne peut ajouter que des personnes déjà transférées. Sur la page de la boîte, il vous cherche par "
                "votre nom ou votre adresse dans l’annuaire.",
            ),
            Problem(
                "Je dirige l’établissement et je ne vois pas toutes nos boîtes.",
                "Vous devriez en être propriétaire par défaut : signalez-le à l’assistance ({help}).",
            ),
            Problem(
                "Je peux lire, mais pas répondre ni ranger.",
                "Vous êtes membre en lecture seule. Si vous devez traiter le courrier, demandez un autre rôle au "
                "propriétaire.",
            ),
            Problem(
                "Un message déjà lu par un collègue m’a échappé.",
                "Lu, non lu et rangement sont communs à toute l’équipe. Remettez le message en « non lu », ou "
                "convenez d’étiquettes de couleur.",
            ),
        ),
    ),
    "recreate-filters": Content(
        why=(
            "Vos règles n’ont pas été transférées. Relisez dans ce portail celles que vous aviez relevées, puis "
            "envoyez-les : il garde ce qui existe déjà dans Zimbra, et l’envoi peut être annulé.",
        ),
        old=Path(
            (
                "Reprenez les règles relevées avant le transfert, dans l’ordre.",
                "Si vous n’aviez rien relevé et que {old} répond encore : **Options**, puis **Filtres de messagerie**.",
            ),
        ),
        new=Path(
            (
                _OPEN_NEW,
                "Ouvrez **Préférences**, puis **Filtres**, et restez sur les messages entrants.",
                "Cliquez sur **Définir un filtre**, donnez-lui un nom, puis saisissez ses conditions et ses actions.",
                "Validez avec **OK** et vérifiez que le filtre se trouve dans la colonne **Filtres actifs**. Sinon, "
                "sélectionnez-le et cliquez sur **Activer**.",
                "Recommencez pour chaque règle, en respectant l’ordre.",
            ),
            "Ces gestes ne servent qu’à créer une règle à la main : celles de Mes filtres s’envoient en une fois.",
        ),
        problems=(
            Problem(
                "Mon filtre ne fait rien.",
                "Il n’est sans doute pas actif : sélectionnez-le et cliquez sur « Activer » pour qu’il passe dans la "
                "colonne « Filtres actifs ».",
            ),
            Problem(
                "Un message est rangé au mauvais endroit.",
                "Les filtres s’appliquent dans l’ordre de la liste. Remontez le plus précis au-dessus du plus général.",
            ),
            Problem(
                "Je voudrais filtrer une boîte partagée.",
                "Les filtres n’y fonctionnent pas aujourd’hui : inutile d’en créer.",
            ),
            Problem(
                "Je voudrais renvoyer mes messages vers une autre adresse.",
                "La politique de sécurité l’interdit sur la messagerie nationale.",
            ),
        ),
    ),
    "restore-calendar": Content(
        why=(
            "Votre nouvel agenda est vide : rien n’y a été transféré. Importez les fichiers que vous aviez exportés ; "
            "ce portail vérifie ensuite, rendez-vous par rendez-vous, que tout est arrivé.",
        ),
        old=Path(
            (
                "Si vous n’avez pas encore exporté votre agenda et que {old} répond encore, faites-le maintenant : "
                "calendrier, icône **Importer/Exporter**, puis **Exporter**.",
            ),
        ),
        new=Path(
            (
                "Dans **Mes fichiers**, ouvrez le calendrier déposé et relisez ce qui a été trouvé.",
                "Choisissez le calendrier d’arrivée et lancez l’import. Vous pouvez fermer la page : il continue.",
                "Lisez le compte rendu, puis contrôlez quelques dates dans l’onglet **Calendrier** de la messagerie.",
            ),
            "À la main : téléchargez le fichier nettoyé, puis, dans la messagerie nationale, **Préférences**, "
            "**Importer/Exporter**, **Parcourir** ; choisissez le calendrier de destination et cliquez sur "
            "**Importer**.",
        ),
        problems=(
            Problem(
                "Des rendez-vous sont décalés d’une ou deux heures.",
                "Vérifiez le fuseau horaire affiché dans la messagerie nationale. L’import garde l’heure locale "
                "d’origine ; signalez à l’assistance ({help}) un rendez-vous qui resterait décalé.",
            ),
            Problem(
                "Un rendez-vous figure deux fois.",
                "Il existait sans doute déjà sous une autre forme. Le compte rendu indique ce que l’import a ajouté, "
                "et vous permet de tout reprendre d’un seul geste.",
            ),
            Problem(
                "Mes collègues vont-ils recevoir des invitations ?",
                "Non : l’import n’envoie aucun message.",
            ),
            Problem(
                "Mes tâches ne sont pas dans le calendrier.",
                "Elles ont été rangées dans l’onglet « Tâches » de la messagerie nationale.",
            ),
        ),
    ),
    "add-contacts": Content(
        why=(
            "Seul l’annuaire des agents vous attend dans la messagerie nationale : vos carnets personnels sont à "
            "importer. La durée dépend du nombre de contacts ; vous n’avez pas à rester devant l’écran.",
        ),
        old=Path(
            (
                "Si vous n’avez pas encore exporté vos carnets et que {old} répond encore, faites-le maintenant : "
                "carnet d’adresses, **Import / exporter**, **Exporter**, format **vCard3.0**.",
            ),
        ),
        new=Path(
            (
                "Dans **Mes fichiers**, ouvrez le carnet déposé et relisez ce qui a été trouvé.",
                "Choisissez le carnet d’arrivée et lancez l’import.",
                "Lisez le compte rendu, puis cherchez deux ou trois noms dans l’onglet **Contacts** de la messagerie.",
            ),
            "À la main : téléchargez le fichier nettoyé, puis, dans la messagerie nationale, **Préférences**, "
            "**Importer/Exporter**, **Parcourir** ; choisissez le carnet de destination et cliquez sur **Importer**.",
        ),
        problems=(
            Problem(
                "Des accents sont remplacés par des signes étranges.",
                "Déposez le fichier tel que {old} l’a produit, sans l’avoir ouvert dans un tableur : le portail "
                "répare les accents abîmés quand c’est encore possible.",
            ),
            Problem(
                "Certains contacts n’ont pas été ajoutés.",
                "Le compte rendu les nomme. « Déjà présent » signifie qu’un contact identique s’y trouvait.",
            ),
            Problem(
                "J’ai importé dans le mauvais carnet.",
                "Ouvrez l’import dans « Mes fichiers » et annulez-le : seul ce qu’il a ajouté est retiré. Puis "
                "recommencez.",
            ),
            Problem(
                "Mes contacts n’apparaissent pas sur mon téléphone.",
                "Ils y viendront quand le téléphone sera reconfiguré avec la synchronisation des contacts.",
            ),
        ),
    ),
    "recreate-signature": Content(
        why=(
            "Deux minutes suffisent : choisissez quand la signature s’ajoute, comparez, et envoyez-la d’ici. Rien "
            "n’est perdu dans Zimbra, et l’envoi peut être annulé. Vous pouvez aussi la recréer à la main.",
        ),
        old=Path(
            (
                "Si vous n’aviez rien sauvegardé et que {old} répond encore : commencez un nouveau message, et copiez "
                "la signature qui s’affiche.",
            ),
        ),
        new=Path(
            (
                _OPEN_NEW,
                "Ouvrez **Préférences**, puis **Signatures**, et cliquez sur **Nouvelle signature**.",
                "Choisissez le format **HTML**, cliquez dans le cadre et collez avec **Ctrl + V**.",
                "Cliquez sur **Enregistrer**, en haut de la page.",
                "Envoyez-vous un message pour voir le résultat.",
            ),
            "Personnels du rectorat : ouvrez plutôt le fichier « signature.html » de votre lecteur personnel dans un "
            "navigateur, sélectionnez tout avec **Ctrl + A**, copiez avec **Ctrl + C**, et collez dans le cadre.",
        ),
        problems=(
            Problem(
                "La signature ne s’ajoute pas à mes messages.",
                "Dans **Préférences**, **Signatures**, choisissez quelle signature utiliser pour les nouveaux messages "
                "et pour les réponses, puis enregistrez.",
            ),
            Problem(
                "La mise en forme a disparu.",
                "Le format est resté sur « texte » : passez-le sur « HTML » avant de coller.",
            ),
            Problem(
                "Je voudrais une signature par boîte partagée.",
                "Créez-en une pour chacune : les signatures sont personnelles et ne sont pas partagées entre les "
                "membres. Choisissez-la au moment d’écrire, dans le menu **Options**.",
            ),
        ),
    ),
    "reconfigure-devices": Content(
        why=(
            "Les serveurs ont changé : tant qu’un appareil n’est pas reconfiguré, il ne reçoit plus rien et réclame "
            "votre mot de passe. Les réglages exacts sont ci-dessous.",
            "Votre mot de passe habituel ne fonctionne pas dans une application : il faut un mot de passe "
            "d’application. Le portail en crée un par appareil, que vous pourrez retirer sans toucher aux autres ; la "
            "version web sait le faire aussi, comme il est dit plus bas.",
        ),
        old=Path(
            (
                "Dans Thunderbird, ne supprimez pas l’ancien compte s’il était en POP : copiez d’abord ses messages.",
                "Partout ailleurs, l’ancien serveur {old_imap} est à remplacer.",
            ),
        ),
        new=Path(
            (
                "Sur un ordinateur, ouvrez {webmail} et choisissez votre académie comme fournisseur d’identité.",
                "Ouvrez **Préférences**, puis **Paramétrage Thunderbird & mobile**, et cliquez sur **Connexion**.",
                "Cliquez sur **Créer un mot de passe d’application** et donnez-lui le nom de l’appareil.",
                "Cliquez sur **Copier** : il ne sera plus jamais affiché.",
                "Réglez l’appareil avec les valeurs de cette page, et collez ce mot de passe quand il le demande.",
            ),
        ),
        problems=(
            Problem(
                "Un message d’erreur cite {old_imap}.",
                "L’application s’adresse encore à l’ancien serveur : remplacez-le par {imap} pour la réception et par "
                "{smtp} pour l’envoi, puis redémarrez-la.",
            ),
            Problem(
                "Le mot de passe est refusé.",
                "Utilisez un mot de passe d’application, et non votre mot de passe habituel ; l’identifiant est votre "
                "adresse complète. Perdu ? Créez-en un autre, sous un autre nom.",
            ),
            Problem(
                "Je reçois, mais je ne peux pas envoyer.",
                "Le serveur d’envoi est réglé à part : dans Thunderbird, ouvrez **Serveur sortant (SMTP)**, "
                "**Modifier**, et recopiez les valeurs ci-dessus.",
            ),
            Problem(
                "Des dossiers manquent dans Thunderbird.",
                "Faites un clic droit sur votre adresse, choisissez **S’abonner**, cochez les dossiers à afficher, "
                "puis **OK**.",
            ),
            Problem(
                "Faut-il installer l’application « Zimbra » sur mon téléphone ?",
                "Mieux vaut l’éviter : la version gratuite affiche de la publicité. L’application fournie avec le "
                "téléphone convient, ou le navigateur à l’adresse {webmail}",
            ),
        ),
    ),
}
