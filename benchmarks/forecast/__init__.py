"""How good projected exhaustion is, on other histories than its parameters were chosen on."""
