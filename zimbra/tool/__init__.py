"""`python -m zimbra`: looking at an account and mending it from a terminal. docs/zimbra-tool.md describes it.

`arguments` reads the command line, `signing_in` makes the client, `screen` writes; each other module adds a family of
commands and carries them out.
"""
