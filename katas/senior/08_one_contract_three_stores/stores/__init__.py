"""The stores: one module each, and the only places where a driver is imported."""
