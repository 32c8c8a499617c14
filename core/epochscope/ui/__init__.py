"""What the pages are made of: a folder for each page, and parts that several pages share."""
