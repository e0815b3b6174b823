require ["date", "relational", "vacation"];
if allof (currentdate :value "ge" "date" "2026-12-20", currentdate :value "le" "date" "2027-01-04") { vacation "Fermé."; }
