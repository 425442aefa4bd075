"""A site of static pages over many studies: a list, each paper, any two compared, trends."""
