"""Questions on outside articles: retrieval, answering, abstention."""
