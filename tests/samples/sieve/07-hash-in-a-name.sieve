# Rule Info: $Order=1 Template="file" Name="Ticket #12 \"urgent\" {a}" Conditions=[{"h":"Subject"}]
require ["fileinto"];
if header :contains "Subject" "Ticket #12" { fileinto "Tickets/#12"; }
