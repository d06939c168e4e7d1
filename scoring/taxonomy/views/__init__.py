"""Pages of the taxonomy: one URL, one view, one selector call, one template."""
