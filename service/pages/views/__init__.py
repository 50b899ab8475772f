"""What pages show, as plain values made by pure functions: no request, no database, no language."""
