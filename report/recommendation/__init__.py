"""The computed advice: demand, capacity, break-even points, ranking, decision."""
