"""Error budgets: what is allowed, what is spent, how fast it burns, and what the policy says."""
