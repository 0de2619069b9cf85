"""What is seen in a picture: decoding, faces, alignment, vectors; pixels never leave this package."""
