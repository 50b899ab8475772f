"""Reads government reports: PDFs and scans in, every printed number out."""
