require ["envelope", "body", "subaddress", "fileinto"];
if allof (envelope :domain :is "from" "listes.exemple.fr",
          address :detail :is "To" "promo", /* la partie
          après le plus */ body :text :contains "désabonner") { fileinto "Promotions"; }
