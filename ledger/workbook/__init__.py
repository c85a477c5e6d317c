"""Workbooks: what a clerk types into a spreadsheet becomes the facts of runs, and every problem lands in its cell."""
