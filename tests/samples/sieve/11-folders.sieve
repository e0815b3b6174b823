require ["fileinto"];
# Accents
if header :contains "Subject" "réunion" { fileinto "Réunions/Été"; }
# Accents codés
elsif header :contains "Subject" "bilan" { fileinto "R&AOk-unions/Bilans"; }
