"""What follows from all components together: edges, policies, roles, credentials, rules, picture, notes."""
