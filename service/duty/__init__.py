"""What a live show owes (Order 117): proofs, products, scripts, shows, corrections, alerts."""
