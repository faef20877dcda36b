"""What can be asked: submit, wait, fetch, cancel, delete, forget."""
