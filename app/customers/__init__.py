"""What is worked out of what is known of a customer: pure functions, no database and no clock."""
