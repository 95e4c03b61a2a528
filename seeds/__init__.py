"""The five news articles that Newsdesk ships with, exactly as they were collected from the web.

They are plain-text dumps of news pages about counter-terrorism cooperation between the United States and Pakistan
(2022 to 2024), menus and other page junk included. The texts remain their publishers' own; they are here so that the
program can be tried and measured on real pages.
"""
