"""What the steps compute with: real digits, and a DGG small enough for quadrature."""
