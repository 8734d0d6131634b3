"""The technician's bench: what stands where, the one step to do now, and many units at once."""
