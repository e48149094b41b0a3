"""The repository as text: snapshot, token counts, prompt and chat history. No torch, no network."""
