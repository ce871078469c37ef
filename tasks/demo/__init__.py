"""The demo shop: its exports and the truth about them. Imports nothing of the pipeline."""
