"""What every JSON API of the project shares: who may call, how often, and how it says no."""
