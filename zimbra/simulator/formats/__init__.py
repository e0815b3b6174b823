"""Texts the simulated server reads and writes: vCard, CSV, iCalendar, search queries, LDAP filters. Pure."""
