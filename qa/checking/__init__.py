"""Whether the cited text bears a statement out."""
