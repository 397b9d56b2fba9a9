"""What pages are made of: the shared view and its controls, panels, and states without figures."""
