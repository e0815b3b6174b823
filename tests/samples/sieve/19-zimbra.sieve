require ["fileinto","copy","reject","tag","flag","variables","log","enotify","envelope","body","ereject"];

# Factures
if anyof (header :contains ["subject"] "facture") {
    fileinto "Factures";
    tag "compta";
    stop;
}

# Ancienne
disabled_if allof (address :all :is ["from"] "chef@exemple.fr") {
    flag "flagged";
    keep;
}
