"""Commands on a finished study: trace, compare, export, crate."""
