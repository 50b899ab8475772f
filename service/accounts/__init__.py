"""Who may do what: roles, passwords, logins of browsers, tokens of programs."""
