"""Mes listes de diffusion: what a person wants for a list, what of it stands in Zimbra, and putting the rest there."""
