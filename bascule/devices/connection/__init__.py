"""The connection test: what a mail program would meet, tried from the server (docs/connection-test.md)."""
