"""What follows from all components together: policies, credentials, rules, picture, notes."""
