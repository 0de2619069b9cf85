"""What was stopped and what was authorised: suspensions and authorisations."""
