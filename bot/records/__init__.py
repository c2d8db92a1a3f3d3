"""What the store keeps beside messages, cases and jobs: one module for each kind of record."""
