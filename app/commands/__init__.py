"""What can be typed: a module for each group of commands, thin ones that open a session, call a stage and print."""
