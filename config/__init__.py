"""What a shop says of itself, in YAML, and the models that read it."""
