"""Rollups to service level indicators: good and valid events per objective and window."""
