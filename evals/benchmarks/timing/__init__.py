"""How long things take, in ratios measured side by side."""
