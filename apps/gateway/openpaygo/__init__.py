"""OpenPAYGO Metrics, a second dialect for units (docs/units.md): JSON or CBOR, signed with the key of their tokens."""
