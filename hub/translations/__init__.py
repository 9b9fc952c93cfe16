"""The words of every page and mail in other languages than English: one .po file for each."""
