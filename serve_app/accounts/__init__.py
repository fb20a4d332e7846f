"""Who asks: accounts, passwords, tokens, API keys, and how often they may."""
