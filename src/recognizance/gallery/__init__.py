"""Who is kept: collections, their faces and users as rows of the database, found again through an index."""
