require ["fileinto"];
# Un
if header :contains "Subject" "un" { fileinto "Un"; }
# Deux
if header :contains "Subject" "deux" { fileinto "Deux"; stop;
# Trois
if header :contains "Subject" "trois" { fileinto "Trois"; }
