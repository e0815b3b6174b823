# Rule Info: $Order=1 Template=file Name=(Factures)
require ["fileinto"];
if header :contains "Subject" "facture" { fileinto "Factures"; stop; }
# Rule Info: $Order=2 Template=reject Name=(Publicité)
require ["reject"];
if header :contains "Subject" "promotion" { reject "Merci de ne plus m’écrire."; }
