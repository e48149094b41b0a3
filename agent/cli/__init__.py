"""The `magicode` command. Everything here parses arguments, calls and prints; the work is elsewhere."""
