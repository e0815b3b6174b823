"""A wave's imports, started by staff: runs, people in turn, and the bounds towards Zimbra's servers."""
