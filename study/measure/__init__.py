"""Reading the lab host at a stage: settling, collecting, evidence, deriving again from captures."""
