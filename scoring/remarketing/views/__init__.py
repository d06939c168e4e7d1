"""Pages of remarketing: one URL, one view, one selector call, one template."""
