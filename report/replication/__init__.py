"""The 2011 study's claims and numbers, each with a verdict."""
