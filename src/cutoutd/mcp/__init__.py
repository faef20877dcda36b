"""The Model Context Protocol: background removal as tools of an assistant, on this machine."""
