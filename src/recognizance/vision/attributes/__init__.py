"""What a face shows beyond its place: points, angles, and judgements with how sure they are."""
