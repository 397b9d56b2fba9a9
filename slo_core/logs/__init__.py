"""The raw tables: their schema, the data folder, the register, and the sample data."""
