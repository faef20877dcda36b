-- wrk's script for pressure.py: a question every 20 ms, so that asking is no load of its own.

function delay()
  return 20
end
