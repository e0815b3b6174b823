"""Pages of staff: planning, tracking, help. Whoever is not of staff finds nothing here."""
