require ["fileinto", "imapflags"];
# Chef
if header :contains "From" "chef@exemple.fr" { addflag "\\Flagged"; mark; fileinto "Chef"; }
