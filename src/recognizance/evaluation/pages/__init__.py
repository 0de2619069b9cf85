"""What people read: an audit's document as a page, its charts and words, and the same as Markdown."""
