"""The one place that compares numbers: intervals over boots, and verdicts of yes, no or cannot tell."""
