"""Articles to answers: text, index, ranking, confidence, gaps. Knows nothing of the product."""
