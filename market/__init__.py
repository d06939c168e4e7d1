"""The market workload: price and catalogue refresh of a SKU and size."""
