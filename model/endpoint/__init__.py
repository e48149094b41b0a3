"""A model on a server that speaks the OpenAI API: what it has, what it is asked, and what goes wrong on the way."""
