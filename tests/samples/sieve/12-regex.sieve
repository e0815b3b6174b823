require ["regex", "fileinto"];
# rule:[Numéros]
if header :regex "Subject" "^\\[[A-Z]{2,4}-[0-9]+\\]" { fileinto "Tickets"; }
# rule:[Suspendue]
if false # header :contains "Subject" "x"
{ fileinto "Nulle part"; }
