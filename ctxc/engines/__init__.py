"""Ways to rank what a document says; one file each, listed in ``registry``."""
