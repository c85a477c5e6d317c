"""The buyer's page: a report made readable, complete without JavaScript, and checked again by the reader's browser."""
