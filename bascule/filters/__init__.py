"""Mes filtres: rules captured, shown, tried, carried into Zimbra, and changed afterwards."""
