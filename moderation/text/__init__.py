"""Reading text: folding with original offsets, views, word boundaries."""
