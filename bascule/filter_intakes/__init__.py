"""An LDIF with the rules of many people: looked through, shown, and given out once staff have confirmed."""
