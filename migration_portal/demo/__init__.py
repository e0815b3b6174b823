"""The whole portal on one machine under one command: its processes, its secrets, its made-up academy."""
