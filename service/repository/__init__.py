"""Every query, by what it is about. Functions take a session that their caller commits."""
