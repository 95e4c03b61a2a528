"""Articles cut into passages, and grouped into stories."""
