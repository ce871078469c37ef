"""One file per platform: the stock file in the format that its upload takes."""
