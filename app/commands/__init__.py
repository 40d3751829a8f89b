"""What the commands of `app.cli` do, one file a command."""
