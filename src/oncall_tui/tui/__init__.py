"""The terminal: what the file says, drawn; what a person does, written to the file."""
