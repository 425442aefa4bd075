"""What hvlab itself costs: its start, and bringing a guest up, each against the bare programs."""
