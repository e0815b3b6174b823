require "vacation";
vacation :days 3 :subject "Congés" :addresses ["m.payet@exemple.fr"] text:
Je suis absente.
..
De retour lundi.
.
;
