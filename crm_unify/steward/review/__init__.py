"""The review queue: what people are asked, in what order, by which ways, and what their answers are worth."""
