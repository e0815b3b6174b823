IF Header :CONTAINS "Subject" "[dsi]" { FileInto "DSI"; Stop; }
