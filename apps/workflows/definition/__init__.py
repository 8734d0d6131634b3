"""What a workflow is: its shape (shape.py), read from YAML (reading.py), judged as a whole (checks.py), kept by name
and version (library.py)."""
