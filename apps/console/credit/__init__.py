"""Credit of units: the ledger of one, paying in at a counter, taking away with consent, whose credit ends soon."""
