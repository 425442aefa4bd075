"""From results to the paper: template context, filters, PDF."""
