require ["notify"];
# Rule Info: $Order=1 Name=Téléphone de garde Template=notify
if header :contains "Subject" "alerte" { notify :method "mailto" :options "0692000000@sms.exemple.fr" :message "Alerte"; }
