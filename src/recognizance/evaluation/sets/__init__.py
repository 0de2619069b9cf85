"""What an audit is given: pictures and whose they are, and the templates that the product makes of them."""
