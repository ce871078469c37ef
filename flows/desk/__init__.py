"""What starts flows: the command line, and the deployments of `backroom up`."""
