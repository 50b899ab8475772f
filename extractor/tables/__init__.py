"""Tables: rulings to grids, words into cells, parts stitched across pages."""
