require ["jettison"];
# $Rule Info: Order=4 Template=discard Name=(Indésirables)
if header :contains "X-Spam-Flag" "YES" { jettison; }
