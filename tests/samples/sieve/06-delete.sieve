# Rule Info: $Order=1 Name="Nettoyage"
if header :is "Subject" "Statistiques" { delete; }
# Rule Info: $Order=2 Name="Lettres"
require "fileinto";
if header :contains "List-Id" "lettres.exemple.fr" { fileinto "Lettres"; }
