"""A study on disk: the only definition of its form. `study` writes it, `report` and researchers read it."""
