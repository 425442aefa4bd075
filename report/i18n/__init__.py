"""The paper's languages: translation and message catalogs."""
