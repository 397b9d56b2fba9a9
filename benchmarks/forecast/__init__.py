"""How good projected exhaustion is, on histories that its parameters were not chosen on."""
