"""Diagnosis: from a symptom or an error message to its cause, the remedy and the right page."""
