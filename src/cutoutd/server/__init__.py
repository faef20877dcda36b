"""The server put together: settings become values, values become what is open."""
