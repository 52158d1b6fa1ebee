//! What `sf` keeps on disk: auth files, aliases, defaults, its key.
