"""What the labs compute: small data that a person moves, the formulas that train, and claims checked on the spot."""
