"""One file per kind of file that cannot be read as text rows without help."""
