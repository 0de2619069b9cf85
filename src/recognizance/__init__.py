"""A self-hosted Amazon Rekognition that answers for itself."""

__version__ = "0.1.0"
