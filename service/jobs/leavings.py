"""What a reading leaves in the folder of its file, for the process that asked for it."""

READER = "service.jobs.reading:read"  # what runs in the child
PICTURES = "pictures.json"  # pages and sizes of the pictures N.webp
WORDS = "words.json"
