"""A module for each chapter, found by being here: PLACE, TITLE, ABOUT and `pages(book)`."""
