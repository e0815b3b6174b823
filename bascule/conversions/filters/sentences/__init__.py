"""Rules in plain French."""
