"""What administrators set up: inboxes, queues, people and everything they work with."""
